-- grain: an item and one of its neighbour tracks
-- key: item_i, item_j
-- units: item_i is the track, item_j the rated item; weights are comparable; is_ease, the same in all rows,
--   is true for weights of EASE
-- nulls: none
-- formula: EASE (learned.item_weights) where it covers most rated tracks (features.retrieval_coverage), else
--   neighbours in time; the two kinds are never mixed, because their weights are not comparable. A table in
--   the order of item_j, because lists look up a few items at a time
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
