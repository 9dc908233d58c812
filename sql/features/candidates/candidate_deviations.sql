-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: *_deviation is (value - user's mean) / user's standard deviation; user_mean and user_spread on the
--   scale 0..100
-- nulls: none; the deviation of an unrated level is 0
{% set rated = {
    'album': 'candidates.album_direct', 'artist': 'candidates.artist_direct', 'genre': 'candidates.genre_direct',
    'sibling': 'candidates.sibling_mean', 'artist_sibling': 'artist_siblings.artist_sibling_mean',
} %}
with

candidates as (
    select user_id, track_id, album_direct, artist_direct, genre_direct, sibling_mean
    from {{ ref('features.candidates') }}
),

artist_siblings as (
    select user_id, track_id, artist_sibling_mean from {{ ref('features.artist_siblings') }}
),

users as (
    select user_id, rating_mean, rating_deviation from {{ ref('features.user_statistics') }}
),

overall as (
    select rating_mean as overall_mean from {{ ref('priors.overall') }}
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        {%- for name, rating in rated.items() %}
        coalesce(({{ rating }} - users.rating_mean) / nullif(users.rating_deviation, 0), 0)
            as {{ name }}_deviation,
        {%- endfor %}
        coalesce(users.rating_mean, overall.overall_mean) as user_mean,
        coalesce(users.rating_deviation, 0) as user_spread
    from candidates
    cross join overall
    left join artist_siblings
        on candidates.user_id = artist_siblings.user_id and candidates.track_id = artist_siblings.track_id
    left join users on candidates.user_id = users.user_id
)

select * from final
