-- grain: a rating of one of the items that most users rated, as the weight that EASE learns from
-- key: user_id, item_id
-- units: weight 0..1
-- nulls: none
-- materialized: view
-- formula: a liked item weighs 1, another rated one less; items of all kinds, equal counts by item_id
with

ratings as (
    select user_id, item_id, rating from {{ ref('staging.ratings') }}
),

items as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

most_rated as (
    select item_id from items order by rating_count desc, item_id limit {{ var('ease.items') }}
),

final as (
    select
        ratings.user_id,
        ratings.item_id,
        case
            when ratings.rating >= {{ var('liked.rating') }} then cast(1.0 as double)
            else {{ var('ease.other_weight') }}
        end as weight
    from ratings
    inner join most_rated on ratings.item_id = most_rated.item_id
)

select * from final
