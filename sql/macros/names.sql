{# What people call the things of a relation: their original ids and names, from a Parquet file that an import
   has written, or an empty relation where there is no such file. #}
{% macro names_of(path, id) -%}
with

{% if path -%}
named as (
    select {{ id }}, original_id, name from read_parquet({{ path }})
),

final as (
    select {{ id }}::integer as {{ id }}, original_id::varchar as original_id, name::varchar as name from named
)
{%- else -%}
final as (
    select null::integer as {{ id }}, null::varchar as original_id, null::varchar as name where false
)
{%- endif %}
{%- endmacro %}
