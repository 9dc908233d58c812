-- grain: one track
-- key: track_id
-- nulls: album_id of a track without an album; artist_id where neither track nor album has an artist
-- incremental: by track_id
-- formula: a track without an artist takes its album's artist
-- rows: staging.tracks
-- units: ids of the files
with

tracks as (
    select track_id, album_id, artist_id from {{ ref('staging.tracks') }}
),

albums as (
    select album_id, artist_id from {{ ref('staging.albums') }}
),

final as (
    select
        tracks.track_id,
        tracks.album_id,
        coalesce(tracks.artist_id, albums.artist_id) as artist_id
    from tracks
    left join albums on tracks.album_id = albums.album_id
)

select * from final
