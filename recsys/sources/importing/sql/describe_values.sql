-- the values in short: percentiles are those of numpy.percentile at the lower of two neighbours
with

placed as (
    select value, row_count, sum(row_count) over (order by value) as up_to from value_counts
),

total as (
    select sum(row_count) as row_count from value_counts
)

select
    sum(placed.row_count)::bigint as rows,
    count(*) as "distinct",
    min(placed.value) as lowest,
    max(placed.value) as highest,
    {% for lowest, highest in scales -%}
    coalesce(sum(placed.row_count) filter (where placed.value between {{ lowest }} and {{ highest }}), 0)::bigint
        as within_{{ loop.index0 }},
    {% endfor -%}
    min(placed.value) filter (where placed.up_to > 0.5 * (total.row_count - 1)) as median,
    min(placed.value) filter (where placed.up_to > 0.95 * (total.row_count - 1)) as p95
from placed
cross join total
