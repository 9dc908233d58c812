-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score on the scale 0..100
-- nulls: none
-- formula: mostly the track's best genre, with siblings and Bayesian priors
-- steps: internal.contributions_levels
-- scale: ratings
{% set levels = {'genre': 'genre_max', 'artist': 'artist_score', 'album': 'album_score'} %}
with

features as (
    select
        user_id,
        track_id,
        genre_max,
        artist_score,
        album_score
    from {{ ref('features.candidates') }}
),

final as (
    select
        user_id,
        track_id,
        {{ weighted_sum('max_genre', levels) }} as score
    from features
)

select * from final
