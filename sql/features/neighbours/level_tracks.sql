-- grain: an album, an artist or a genre, and one of its best tracks
-- key: item_id, track_id
-- units: place numbers the tracks from 1, the best
-- nulls: none
-- formula: sorted by the track's prior, then by track_id, as in the ranking rule
with

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

priors as (
    select item_id, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

members as (
    select album_id as item_id, track_id from lineage where album_id is not null
    union all
    select artist_id as item_id, track_id from lineage where artist_id is not null
    union all
    select genre_id as item_id, track_id from track_genres
),

placed as (
    select
        members.item_id,
        members.track_id,
        row_number() over (
            partition by members.item_id
            order by coalesce(priors.bayes_mean, overall.rating_mean) desc, members.track_id
        ) as place
    from members
    left join priors on members.track_id = priors.item_id
    cross join overall
),

final as (
    select item_id, track_id, place from placed where place <= {{ var('recommend.tracks_per_item') }}
)

select * from final
