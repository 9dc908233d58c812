-- grain: one data quality check of the hierarchy files whose findings are counted, not refused
-- key: check
-- units: count of ids, or of pairs of user and track
-- nulls: example where the count is 0
{% set checks = [
    'tracks_without_album', 'tracks_without_artist', 'albums_without_artist',
    'tracks_of_unlisted_albums', 'unlisted_artists', 'unlisted_genres', 'tracks_that_repeat_a_genre',
    'albums_that_repeat_a_genre',
] %}
with

tracks as (
    select track_id, album_id, artist_id from {{ ref('staging.tracks') }}
),

albums as (
    select album_id, artist_id from {{ ref('staging.albums') }}
),

listed as (
    select fields[1]::integer as track_id, array_length(fields) - 3 as genre_count
    from {{ ref('staging.track_lines') }}
),

kept as (
    select track_id, count(*) as genre_count from {{ ref('staging.track_genres') }} group by track_id
),

tracks_without_album as (
    select track_id as example from tracks where album_id is null
),

tracks_without_artist as (
    select track_id as example from tracks where artist_id is null
),

albums_without_artist as (
    select album_id as example from albums where artist_id is null
),

tracks_of_unlisted_albums as (
    select tracks.track_id as example
    from tracks anti join albums on tracks.album_id = albums.album_id
    where tracks.album_id is not null
),

unlisted_artists as (
    select artist_id as example from tracks where artist_id is not null
    union
    select artist_id as example from albums where artist_id is not null
    except
    select artist_id as example from {{ ref('staging.artists') }}
),

unlisted_genres as (
    select genre_id as example from {{ ref('staging.track_genres') }}
    union
    select genre_id as example from {{ ref('staging.album_genres') }}
    except
    select genre_id as example from {{ ref('staging.genres') }}
),

tracks_that_repeat_a_genre as (
    select listed.track_id as example
    from listed
    inner join kept on listed.track_id = kept.track_id
    where listed.genre_count > kept.genre_count
),

albums_that_repeat_a_genre as (
    select fields[1]::integer as example
    from {{ ref('staging.album_lines') }}
    where array_length(fields[3:]) > list_unique(fields[3:])
),

final as (
    {{- count_findings(checks) }}
)

select * from final
