-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score on the scale 0..100
-- nulls: none
-- formula: first generation, mostly the track's best genre: own rating, raw mean, M
-- steps: internal.contributions_levels
-- scale: ratings
{% set levels = {'genre': 'genre_max_flat', 'artist': 'artist_score_flat', 'album': 'album_score_flat'} %}
with

features as (
    select
        user_id,
        track_id,
        genre_max_flat,
        artist_score_flat,
        album_score_flat
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
