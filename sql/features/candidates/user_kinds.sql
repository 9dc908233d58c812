-- grain: one user with candidates and ratings
-- key: user_id
-- units: means on the scale 0..100, liked_share 0..1
-- nulls: *_mean of an item type that the user never rated
{% set kinds = ['track', 'album', 'artist', 'genre'] %}
with

candidates as (
    select user_id from {{ ref('staging.candidates') }}
),

ratings as (
    select user_id, item_id, rating, is_like from {{ ref('staging.ratings') }}
),

items as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

rated as (
    select ratings.user_id, ratings.rating, ratings.is_like, items.item_type
    from ratings
    left join items on ratings.item_id = items.item_id
    semi join candidates on ratings.user_id = candidates.user_id
),

final as (
    select
        user_id,
        {%- for kind in kinds %}
        count(*) filter (where item_type = '{{ kind }}') as {{ kind }}_count,
        sum(rating) filter (where item_type = '{{ kind }}')
        / nullif(count(*) filter (where item_type = '{{ kind }}'), 0) as {{ kind }}_mean,
        {%- endfor %}
        count(*) filter (where is_like) / count(*) as liked_share
    from rated
    group by user_id
)

select * from final
