{# Rows of several score relations, with the model's name. #}
{% macro union_of_scores(relations) -%}
{% for relation in relations %}
    select '{{ relation.split('.')[1] }}' as model, user_id, track_id, score from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
{%- endmacro %}

{# True for the name of a model, else an error. Use it as a filter: a column could be skipped by a query that does not
   read it. #}
{% macro is_model(name, leaderboard) -%}
case
        when {{ name }} in (select listed.model from {{ leaderboard }} as listed) then true
        else error('no model of that name: see marts.leaderboard')::boolean
    end
{%- endmacro %}
