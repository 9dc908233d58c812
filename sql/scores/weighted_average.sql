-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score on the scale 0..100
-- nulls: none
-- formula: first generation, weighted mean of the levels: own rating, raw mean, M
-- steps: internal.contributions_levels
-- scale: ratings
{% set levels = {'album': 'album_score_flat', 'artist': 'artist_score_flat', 'genre': 'genre_mean_flat'} %}
with

features as (
    select
        user_id,
        track_id,
        album_score_flat,
        artist_score_flat,
        genre_mean_flat
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
