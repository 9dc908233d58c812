-- grain: one user with ratings
-- key: user_id
-- units: rating_mean and rating_deviation on the scale 0..100
-- nulls: none
-- formula: population deviation from integer sums, so that the result does not depend on the order of rows
with

ratings as (
    select user_id, rating from {{ ref('staging.ratings') }}
),

summed as (
    select
        user_id,
        count(*) as rating_count,
        sum(rating) as rating_sum,
        sum(rating::integer * rating) as square_sum
    from ratings
    group by user_id
),

final as (
    select
        user_id,
        rating_count,
        rating_sum / rating_count as rating_mean,
        sqrt((rating_count * square_sum - rating_sum * rating_sum)::double) / rating_count as rating_deviation
    from summed
)

select * from final
