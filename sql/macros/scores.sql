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

{# The first model of a chain of `builds_on` that is built; empty if none is. #}
{% macro nearest_built(model, built) -%}
{{ model if model in built or not model else nearest_built(var('builds_on').get(model, ''), built) }}
{%- endmacro %}
