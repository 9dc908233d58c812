-- grain: one rating of one of the ease.items most rated items, as a weight for EASE
-- key: user_id, item_id
-- units: weight 0..1
-- nulls: none
-- materialized: view
-- formula: 1 for a like, ease.other_weight for any other rating; items of all types, ties in number of
--   ratings by item_id
with

ratings as (
    select user_id, item_id, rating, is_like from {{ ref('staging.ratings') }}
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
            when ratings.is_like then cast(1.0 as double)
            else {{ var('ease.other_weight') }}
        end as weight
    from ratings
    inner join most_rated on ratings.item_id = most_rated.item_id
)

select * from final
