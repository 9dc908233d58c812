-- grain: one of the tracks that go best with an item of any kind, best first
-- arguments: the_item, how_many
-- units: rank counts from 1, the best; score is the weight of the pair, comparable within the item;
--   item is the track's id as the data's owner writes it
-- nulls: name of a track without one
-- formula: weights from the largest down, ties by the track's id
with

asked as (
    select item_id from {{ ref('main.known_item') }}(the_item)
),

items as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

weights as (
    select item_i, item_j, weight from {{ ref('features.catalogue_weights') }}
),

final as (
    select
        row_number() over (order by weights.weight desc, weights.item_i) as rank,
        weights.item_i as track_id,
        coalesce(items.original_id, weights.item_i::varchar) as item,
        items.name,
        weights.weight as score
    from weights
    inner join asked on weights.item_j = asked.item_id
    left join items on weights.item_i = items.item_id
    where weights.item_i <> weights.item_j
    order by rank
    limit how_many
)

select * from final order by rank
