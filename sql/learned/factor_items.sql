-- grain: one item with factors: listed in a file, or rated
-- key: item_id
-- units: draw_count is the item's number of likes, its weight in negative sampling
-- nulls: album_id, artist_id where the item has none (albums and artists name themselves)
-- formula: popularity-proportional negative sampling, as in the test's protocol, over items of all types
with

ratings as (
    select item_id, is_like from {{ ref('validation.ratings') }}
),

listed as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

albums as (
    select album_id, artist_id from {{ ref('staging.albums') }}
),

drawn as (
    select item_id, count(*) filter (where is_like) as draw_count
    from ratings
    group by item_id
),

final as (
    select
        coalesce(listed.item_id, drawn.item_id) as item_id,
        case when listed.item_type = 'album' then listed.item_id else lineage.album_id end as album_id,
        case
            when listed.item_type = 'artist' then listed.item_id
            else coalesce(lineage.artist_id, albums.artist_id)
        end as artist_id,
        coalesce(drawn.draw_count, 0) as draw_count
    from listed
    full join drawn on listed.item_id = drawn.item_id
    left join lineage on listed.item_id = lineage.track_id
    left join albums on listed.item_id = albums.album_id
)

select * from final
