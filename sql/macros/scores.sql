{# The rows of several score relations, each under its model's name. #}
{% macro union_of_scores(relations) -%}
{% for relation in relations %}
    select '{{ relation.split('.')[1] }}' as model, user_id, track_id, score from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
{%- endmacro %}
