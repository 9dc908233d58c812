-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score 0..1, within the user
-- nulls: none
-- formula: weighted sum of each level's rank among the user's candidates, 0 the lowest and 1 the highest; equal
--   scores share the lower rank
{% set levels = ['track', 'album', 'artist', 'genre'] %}
with

als as (
    select user_id, track_id, track_score, album_score, artist_score, genre_score from {{ ref('features.als') }}
),

ranked as (
    select
        user_id,
        track_id
        {%- for level in levels %},
        percent_rank() over (partition by user_id order by {{ level }}_score) as {{ level }}_rank
        {%- endfor %}
    from als
),

final as (
    select
        user_id,
        track_id,
        {{ weighted_sum('als_blend', {'track': 'track_rank', 'album': 'album_rank', 'artist': 'artist_rank', 'genre': 'genre_rank'}) }} as score
    from ranked
)

select * from final
