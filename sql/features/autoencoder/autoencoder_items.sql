-- grain: one item of the autoencoder's vocabulary: one position of the rating vectors
-- key: item_id
-- units: draw_count is the number of likes of the album's tracks, its weight in negative sampling
-- nulls: parent_id where the album has no artist or the item is not an album
-- formula: popularity-proportional negative sampling, as in the test's protocol, over albums
with

ratings as (
    select item_id, is_like from {{ ref('staging.ratings') }}
),

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

vocabulary as (
    select distinct item_id from {{ ref('features.autoencoder_ratings') }}
),

albums as (
    select coalesce(album_id, track_id) as item_id, min(artist_id) as parent_id
    from lineage
    group by coalesce(album_id, track_id)
),

drawn as (
    select coalesce(lineage.album_id, lineage.track_id) as item_id, count(*) as draw_count
    from ratings
    inner join lineage on ratings.item_id = lineage.track_id
    where ratings.is_like
    group by coalesce(lineage.album_id, lineage.track_id)
),

final as (
    select
        vocabulary.item_id,
        albums.parent_id,
        coalesce(drawn.draw_count, 0) as draw_count
    from vocabulary
    left join albums on vocabulary.item_id = albums.item_id
    left join drawn on vocabulary.item_id = drawn.item_id
)

select * from final
