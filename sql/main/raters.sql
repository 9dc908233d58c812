-- grain: ten points of the rating scale in which the item has ratings
-- arguments: the_item
-- units: rating_from is a multiple of 10 on the scale 0..100; value_from and value_to are the lowest and the
--   highest value of these ratings, on the owner's scale; rating_count is the number of users; users lists
--   those with most ratings, as {user_id, value}
-- nulls: none
{% set most = 8 %}
with

ratings as (
    select user_id, rating, value from {{ ref('staging.ratings') }} where item_id = the_item
),

activity as (
    select user_id, rating_count from {{ ref('marts.user_activity') }}
),

raters as (
    select ratings.user_id, ratings.rating, ratings.value, activity.rating_count
    from ratings
    inner join activity on ratings.user_id = activity.user_id
),

final as (
    select
        (least(rating, 99) // 10 * 10)::integer as rating_from,
        min(value) as value_from,
        max(value) as value_to,
        count(*) as rating_count,
        arg_max(
            struct_pack(user_id := user_id, value := value),
            struct_pack(n := rating_count, u := -user_id),
            {{ most }}
        ) as users
    from raters
    group by rating_from
)

select * from final order by rating_from
