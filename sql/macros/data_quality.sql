{# Name, number of rows and one example of each of some relations of the column `example`. #}
{% macro counted(checks) -%}
{%- for check in checks %}
    select '{{ check }}' as "check", count(*) as "count", min(example)::varchar as example from {{ check }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
{%- endmacro %}
