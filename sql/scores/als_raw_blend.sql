-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score on the scale 0..100, not clipped to it
-- nulls: none
-- formula: weighted sum of the four ALS scores
-- steps: internal.contributions_als
-- scale: ratings
-- pairs: candidates
{% set columns = {
    'track': 'track_score', 'album': 'album_score', 'artist': 'artist_score', 'genre': 'genre_score',
} %}
with

als as (
    select user_id, track_id, track_score, album_score, artist_score, genre_score
    from {{ ref('features.als') }}
),

final as (
    select
        user_id,
        track_id,
        {{ weighted_sum('als_blend', columns) }} as score
    from als
)

select * from final
