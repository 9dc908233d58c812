-- grain: one of the tracks that go best with an item of any kind, best first
-- arguments: the_item, how_many
-- units: score is the weight of the pair, comparable within the item
-- nulls: none
-- formula: weights from the largest down, ties by the track's id
with

final as (
    select item_i as track_id, weight as score
    from {{ ref('features.retrieval_weights') }}
    where item_j = the_item and item_i <> the_item
    order by weight desc, item_i
    limit how_many
)

select * from final order by score desc, track_id
