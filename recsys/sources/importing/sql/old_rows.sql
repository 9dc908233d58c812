{#- The rows of the file that an append adds to, before those it writes; an import has none. -#}
{% macro old_rows(columns) -%}
{% if has_old_rows -%}
select {{ columns }} from read_parquet($old)
    union all
    {% endif %}
{%- endmacro %}
