-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score in standard deviations, within the user
-- nulls: none
-- formula: weighted sum of each level's z-score among the user's candidates, (x - mean) / population deviation;
--   0 where all of the user's candidates score alike
{% set levels = ['track', 'album', 'artist', 'genre'] %}
with

als as (
    select user_id, track_id, track_score, album_score, artist_score, genre_score from {{ ref('features.als') }}
),

normalized as (
    select
        user_id,
        track_id
        {%- for level in levels %},
        {{ z_score(level ~ '_score') }} as {{ level }}_z
        {%- endfor %}
    from als
),

final as (
    select
        user_id,
        track_id,
        {{ weighted_sum('als_blend', {'track': 'track_z', 'album': 'album_z', 'artist': 'artist_z', 'genre': 'genre_z'}) }} as score
    from normalized
)

select * from final
