-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: *_count are numbers of ratings, means and deviations 0..100, liked share 0..1
-- nulls: user_mean, user_deviation, user_liked_share, user_*_mean where the user has no such rating
-- formula: statistics of the user's ratings, overall and by item type (group US of Xie et al., KDD Cup 2011)
{% set kinds = ['track', 'album', 'artist', 'genre'] %}
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

users as (
    select user_id, rating_count, rating_mean, rating_deviation from {{ ref('features.user_statistics') }}
),

kinds as (
    select * from {{ ref('features.user_kinds') }}
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        coalesce(users.rating_count, 0) as user_count,
        users.rating_mean as user_mean,
        users.rating_deviation as user_deviation,
        {%- for kind in kinds %}
        coalesce(kinds.{{ kind }}_count, 0) as user_{{ kind }}_count,
        kinds.{{ kind }}_mean as user_{{ kind }}_mean,
        {%- endfor %}
        kinds.liked_share as user_liked_share
    from candidates
    left join users on candidates.user_id = users.user_id
    left join kinds on candidates.user_id = kinds.user_id
)

select * from final
