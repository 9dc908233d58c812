-- grain: a candidate track and an item, rated by a user of the candidate, that users rated close to the
--   track
-- key: item_i, item_j
-- units: support is the number of users who rated both close together (estimated where users are sampled);
--   weight and closeness 0..1
-- nulls: none
-- formula: as in features.candidate_neighbours, one row a pair
with

neighbours as (
    select track_id, item_id, weight, closeness, support from {{ ref('features.candidate_neighbours') }}
),

final as (
    select distinct track_id as item_i, item_id as item_j, weight, closeness, support from neighbours
)

select * from final
