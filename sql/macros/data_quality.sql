{# Name, number of rows and one example of each of some relations with a column `example`. #}
{% macro count_findings(checks) -%}
{%- for check in checks %}
    select '{{ check }}' as "check", count(*) as "count", min(example)::varchar as example from {{ check }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
{%- endmacro %}
