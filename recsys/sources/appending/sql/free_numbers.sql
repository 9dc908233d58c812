{#- The highest number that as many free ones follow as `wanted` has rows, as `largest`: of the ids in `known` and
    `own`. The largest id of all may be the last one that fits 32 bits. -#}
{% macro largest(id, known, wanted) -%}
taken as (
    select {{ id }} from {{ known }}
    union all
    select {{ id }} from own
),

gaps as (
    select {{ id }}, lead({{ id }}::bigint, 1, 2147483648) over (order by {{ id }}) - {{ id }} as distance
    from taken
),

largest as (
    select max({{ id }})::bigint as {{ id }}
    from gaps
    where distance > (select count(*) from {{ wanted }})
)
{%- endmacro %}
