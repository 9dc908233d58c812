-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score in standard deviations within the user
-- nulls: none
-- formula: weighted sum of each level's z-score among the user's candidates, (x - mean) / population
--   deviation; 0 where all of the user's candidates have the same score
-- steps: internal.contributions_als
-- pairs: candidates
{% set columns = {
    'track': 'track_z', 'album': 'album_z', 'artist': 'artist_z', 'genre': 'genre_z',
} %}
with

als as (
    select user_id, track_id, track_score, album_score, artist_score, genre_score
    from {{ ref('features.als') }}
),

normalized as (
    select
        user_id,
        track_id,
        {{ z_score('track_score') }} as track_z,
        {{ z_score('album_score') }} as album_z,
        {{ z_score('artist_score') }} as artist_z,
        {{ z_score('genre_score') }} as genre_z
    from als
),

final as (
    select
        user_id,
        track_id,
        {{ weighted_sum('als_blend', columns) }} as score
    from normalized
)

select * from final
