-- grain: one pair of a user and a track
-- arguments: the_user, the_track
-- units: *_direct is the user's own rating of the album and of the artist, 0..100
-- nulls: album_id, artist_id where the track has none; album_direct, artist_direct where the user did not
--   rate it
with

history as (
    select item_id, rating from {{ ref('internal.user_ratings') }}(the_user)
),

track as (
    select album_id, artist_id from {{ ref('hierarchy.track_lineage') }} where track_id = the_track
),

final as (
    select
        the_track as track_id,
        any_value(track.album_id) as album_id,
        any_value(track.artist_id) as artist_id,
        (select rating from history where item_id = any_value(track.album_id)) as album_direct,
        (select rating from history where item_id = any_value(track.artist_id)) as artist_direct
    from track
)

select * from final
