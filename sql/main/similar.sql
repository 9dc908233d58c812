-- grain: one of the tracks that go best with an item of any kind, best first
-- arguments: item, k
-- units: rank counts from 1, the best; score is the weight of the pair, comparable within the item
-- nulls: none
-- formula: weights from the largest down, ties by the track's id
with

items as (
    select item_id from {{ ref('main.known_item') }}(item)
),

weights as (
    select item_i, item_j, weight from {{ ref('features.catalogue_weights') }}
),

final as (
    select
        row_number() over (order by weights.weight desc, weights.item_i) as rank,
        weights.item_i as track_id,
        weights.weight as score
    from weights
    inner join items on weights.item_j = items.item_id
    where weights.item_i <> weights.item_j
    order by rank
    limit k
)

select * from final order by rank
