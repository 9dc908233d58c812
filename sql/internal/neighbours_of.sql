-- grain: one neighbour track of an item of any type, strongest first
-- arguments: the_item, how_many
-- units: score is the weight of the pair, comparable within the item
-- nulls: none
-- formula: largest weight first, ties by track_id
with

final as (
    select item_i as track_id, weight as score
    from {{ ref('lists.item_knn') }}
    where item_j = the_item and item_i <> the_item
    order by weight desc, item_i
    limit how_many
)

select * from final order by score desc, track_id
