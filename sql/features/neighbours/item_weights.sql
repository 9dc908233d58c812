-- grain: a candidate track, and an item beside it in some history that a user of the candidate rated too
-- key: item_i, item_j
-- units: support counts, or estimates, the users who rated both close together; weight and closeness 0..1
-- nulls: none
-- formula: as in features.candidate_neighbours, each pair once
with

neighbours as (
    select track_id, item_id, weight, closeness, support from {{ ref('features.candidate_neighbours') }}
),

final as (
    select distinct track_id as item_i, item_id as item_j, weight, closeness, support from neighbours
)

select * from final
