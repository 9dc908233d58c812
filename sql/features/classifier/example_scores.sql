-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: scores and the autoencoder's prediction on the scale 0..100
-- nulls: none
-- materialized: view
with

weighted_average as (
    select user_id, track_id, score from {{ ref('scores.weighted_average_bayes') }}
),

max_genre as (
    select user_id, track_id, score from {{ ref('scores.max_genre_bayes') }}
),

adaptive as (
    select user_id, track_id, score from {{ ref('scores.adaptive') }}
),

autoencoder as (
    select user_id, track_id, prediction from {{ ref('features.autoencoder') }}
),

final as (
    select
        adaptive.user_id,
        adaptive.track_id,
        weighted_average.score as weighted_average_bayes,
        max_genre.score as max_genre_bayes,
        adaptive.score as adaptive,
        autoencoder.prediction as autoencoder
    from adaptive
    inner join weighted_average
        on adaptive.user_id = weighted_average.user_id and adaptive.track_id = weighted_average.track_id
    inner join max_genre
        on adaptive.user_id = max_genre.user_id and adaptive.track_id = max_genre.track_id
    inner join autoencoder
        on adaptive.user_id = autoencoder.user_id and adaptive.track_id = autoencoder.track_id
)

select * from final
