-- grain: one rated item
-- key: item_id
-- units: rating_mean and bayes_mean on the scale 0..100
-- nulls: none
-- incremental: by item_id
-- formula: bayes_mean = (sum of ratings + C M) / (N + C), where N is the item's number of ratings, M the
--   overall mean and C (bayes.confidence) the number of average ratings assumed beforehand
with

ratings as (
    select item_id, rating from {{ ref('staging.ratings') }}
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

summed as (
    select item_id, count(*) as rating_count, sum(rating) as rating_sum from ratings group by item_id
),

final as (
    select
        summed.item_id,
        summed.rating_count,
        summed.rating_sum / summed.rating_count as rating_mean,
        {{ bayes_mean('summed.rating_sum', 'summed.rating_count', 'overall.rating_mean') }} as bayes_mean
    from summed
    cross join overall
)

select * from final
