-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score on the scale 0..100
-- nulls: none
-- formula: weighted mean of the levels, with siblings and Bayesian priors
-- steps: internal.contributions_levels
-- scale: ratings
{% set levels = {'album': 'album_score', 'artist': 'artist_score', 'genre': 'genre_mean'} %}
with

features as (
    select
        user_id,
        track_id,
        album_score,
        artist_score,
        genre_mean
    from {{ ref('features.candidates') }}
),

final as (
    select
        user_id,
        track_id,
        {{ weighted_sum('weighted_average', levels) }} as score
    from features
)

select * from final
