-- grain: one genre of a candidate
-- key: user_id, track_id, genre_id
-- units: direct, value and value_flat on the scale 0..100
-- nulls: direct where the user did not rate the genre
-- formula: value is the first of direct, bayes(genre) and M; value_flat uses the raw mean instead of bayes
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

evidence as (
    select user_id, track_id, item_id, rating from {{ ref('features.nearby_ratings') }} where level = 'genre'
),

priors as (
    select item_id, rating_mean, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        track_genres.genre_id,
        evidence.rating as direct,
        coalesce(evidence.rating, priors.bayes_mean, overall.rating_mean) as value,
        coalesce(evidence.rating, priors.rating_mean, overall.rating_mean) as value_flat
    from candidates
    inner join track_genres on candidates.track_id = track_genres.track_id
    left join evidence
        on
            candidates.user_id = evidence.user_id
            and candidates.track_id = evidence.track_id
            and track_genres.genre_id = evidence.item_id
    left join priors on track_genres.genre_id = priors.item_id
    cross join overall
)

select * from final
