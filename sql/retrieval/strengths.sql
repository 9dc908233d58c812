-- grain: a rating whose item has neighbour tracks
-- key: user_id, item_id
-- units: strength is what the weights of the item's tracks are multiplied with; rating 0..100
-- nulls: none
-- formula: with weights of EASE, what it was learned from: 1 for a liked item, ease.other_weight for another;
--   with neighbours (1 + r)^0.65, as in the model item_neighbours, of what was rated well enough
with

ratings as (
    select user_id, item_id, rating, is_like from {{ ref('retrieval.ratings') }}
),

weights as (
    select is_ease from {{ ref('features.retrieval_weights') }}
),

kind as (
    select count(*) > 0 as is_ease from weights where is_ease
),

final as (
    select
        ratings.user_id,
        ratings.item_id,
        ratings.rating,
        case
            when not kind.is_ease then pow(1 + ratings.rating, {{ var('item_neighbours.rating_power') }})
            when ratings.is_like then 1
            else {{ var('ease.other_weight') }}
        end as strength
    from ratings
    cross join kind
    where kind.is_ease or ratings.rating >= {{ var('recommend.heard') }}
)

select * from final
