{# Name, number of rows and one example of each of some relations of the column `example`. #}
{% macro counted(oddities) -%}
{%- for oddity in oddities %}
    select '{{ oddity }}' as "check", count(*) as "count", min(example)::varchar as example from {{ oddity }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
{%- endmacro %}
