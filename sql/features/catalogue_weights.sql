-- grain: an item, and one of the tracks that go with it
-- key: item_i, item_j
-- units: item_i is the track, item_j what was rated; weights are comparable with each other
-- nulls: none
-- materialized: view
with

neighbours as (
    select item_i, item_j, weight from {{ ref('features.catalogue_neighbours') }}
),

final as (
    select item_i, item_j, weight from neighbours
)

select * from final
