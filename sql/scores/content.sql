-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score 0..400, a sum of ratings
-- nulls: none
-- formula: r(u, artist) + r(u, album) + mean r(u, tracks of the artist) + mean r(u, tracks of the album),
--   each 0 if missing, + 35 for a track without album and artist (Lai et al., KDD Cup 2011, JMLR W&CP 18)
-- steps: internal.contributions_content
with

features as (
    select user_id, track_id, album_id, artist_id, album_direct, artist_direct, sibling_mean
    from {{ ref('features.candidates') }}
),

artist_tracks as (
    select user_id, track_id, artist_track_mean from {{ ref('features.artist_tracks') }}
),

final as (
    select
        features.user_id,
        features.track_id,
        coalesce(features.artist_direct, 0)
        + coalesce(features.album_direct, 0)
        + coalesce(artist_tracks.artist_track_mean, 0)
        + coalesce(features.sibling_mean, 0)
        + case
            when features.album_id is null and features.artist_id is null then {{ var('content.unlinked') }}
            else 0
        end as score
    from features
    left join artist_tracks
        on features.user_id = artist_tracks.user_id and features.track_id = artist_tracks.track_id
)

select * from final
