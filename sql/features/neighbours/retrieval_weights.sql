-- grain: an item, and one of the tracks that go with it
-- key: item_i, item_j
-- units: item_i is the track, item_j what was rated; weights compare with each other; is_ease, the same in
--   all rows, says whose they are
-- nulls: none
-- formula: EASE (learned.item_weights) where it was learned and knows most rated tracks, else neighbours
--   in time, as features.retrieval_coverage says: of two kinds of weights, a sum of both would mean nothing.
--   A table, in the order of item_j: what goes with a few items is looked up whenever a list is made
{% set learned = ref_all('learned.item_weights') %}
with

neighbours as (
    select item_i, item_j, weight from {{ ref('features.retrieval_neighbours') }}
),

coverage as (
    select is_ease from {{ ref('features.retrieval_coverage') }}
),

final as (
    {%- for relation in learned %}
    select ease.item_i, ease.item_j, ease.weight, coverage.is_ease
    from {{ relation }} as ease
    cross join coverage
    where coverage.is_ease
    union all
    {%- endfor %}
    select neighbours.item_i, neighbours.item_j, neighbours.weight, coverage.is_ease
    from neighbours
    cross join coverage
    where not coverage.is_ease
)

select * from final order by item_j, weight desc, item_i
