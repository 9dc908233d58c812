-- grain: one genre of a track
-- key: track_id, genre_id
-- units: ids of the files
-- nulls: none
-- incremental: by track_id
-- formula: a track without listed genres takes its album's genres
with

tracks as (
    select track_id, album_id from {{ ref('staging.tracks') }}
),

listed as (
    select track_id, genre_id from {{ ref('staging.track_genres') }}
),

album_genres as (
    select album_id, genre_id from {{ ref('staging.album_genres') }}
),

unlisted as (
    select tracks.track_id, tracks.album_id
    from tracks anti join listed on tracks.track_id = listed.track_id
),

final as (
    select track_id, genre_id from listed
    union all
    select unlisted.track_id, album_genres.genre_id
    from unlisted
    inner join album_genres on unlisted.album_id = album_genres.album_id
)

select * from final
