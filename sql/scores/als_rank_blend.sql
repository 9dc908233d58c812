-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score 0..1 within the user
-- nulls: none
-- formula: weighted sum of each level's rank among the user's candidates, 0 the lowest and 1 the highest;
--   equal scores share the lower rank
-- steps: internal.contributions_als
-- pairs: candidates
{% set columns = {
    'track': 'track_rank', 'album': 'album_rank', 'artist': 'artist_rank', 'genre': 'genre_rank',
} %}
with

als as (
    select user_id, track_id, track_score, album_score, artist_score, genre_score
    from {{ ref('features.als') }}
),

ranked as (
    select
        user_id,
        track_id,
        {{ rank_within_user('track_score') }} as track_rank,
        {{ rank_within_user('album_score') }} as album_rank,
        {{ rank_within_user('artist_score') }} as artist_rank,
        {{ rank_within_user('genre_score') }} as genre_rank
    from als
),

final as (
    select
        user_id,
        track_id,
        {{ weighted_sum('als_blend', columns) }} as score
    from ranked
)

select * from final
