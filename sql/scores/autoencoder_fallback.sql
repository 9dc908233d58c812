-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score on the scale 0..100
-- nulls: none
-- formula: adaptive with an album level that is never missing: the user's rating of the album, else of its
--   other tracks, else the autoencoder's prediction. Unrated artists and genres still have no weight, so a
--   low prediction for the album lowers the score
-- steps: internal.contributions_levels
-- scale: ratings
-- pairs: candidates
{% set known = {'album': 'album_known', 'artist': 'artist_direct', 'genre': 'genre_direct'} %}
with

features as (
    select user_id, track_id, album_score, album_source, artist_direct, genre_direct
    from {{ ref('features.candidates') }}
),

predictions as (
    select user_id, track_id, prediction from {{ ref('features.autoencoder') }}
),

filled as (
    select
        features.user_id,
        features.track_id,
        case
            when features.album_source in ('prior', 'global') then predictions.prediction
            else features.album_score
        end
            as album_known,
        features.artist_direct,
        features.genre_direct
    from features
    inner join predictions
        on features.user_id = predictions.user_id and features.track_id = predictions.track_id
),

final as (
    select
        user_id,
        track_id,
        {{ weighted_mean_of_known('adaptive', known) }} as score
    from filled
)

select * from final
