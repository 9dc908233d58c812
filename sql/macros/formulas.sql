{# Bayesian mean of an item: (sum of ratings + C M) / (N + C), which adds C ratings of the overall mean M to the
   item's N ratings; damping as in LensKit's bias model. #}
{% macro bayes_mean(rating_sum, rating_count, overall_mean) -%}
({{ rating_sum }} + {{ var('bayes.confidence') }} * {{ overall_mean }})
/ ({{ rating_count }} + {{ var('bayes.confidence') }})
{%- endmacro %}

{# Two columns: the first value of a fallback chain that is not NULL, and the name of its level. The last level is
   never NULL. #}
{% macro fallback_columns(name, fallback_levels) -%}
coalesce({{ fallback_levels | map(attribute=1) | join(', ') }}) as {{ name }}_score,
        case
        {%- for source, value in fallback_levels[:-1] %}
            when {{ value }} is not null then '{{ source }}'
        {%- endfor %}
            else '{{ fallback_levels[-1][0] }}'
        end as {{ name }}_source
{%- endmacro %}

{# Sum of columns times the weights of a section of parameters.toml. #}
{% macro weighted_sum(section, columns) -%}
{% for level, column in columns.items() -%}
{{ var(section ~ '.' ~ level) }} * {{ column }}{{ '' if loop.last else ' + ' }}
{%- endfor %}
{%- endmacro %}

{# Weighted mean of the columns that are not NULL, weights renormalised; NULL if all columns are NULL. #}
{% macro weighted_mean_of_known(section, columns) -%}
(
    {%- for level, column in columns.items() %}
    {{ '' if loop.first else '+ ' }}coalesce({{ var(section ~ '.' ~ level) }} * {{ column }}, 0)
    {%- endfor %}
) / nullif(
    {%- for level, column in columns.items() %}
    {{ '' if loop.first else '+ ' }}case when {{ column }} is null then 0 else {{ var(section ~ '.' ~ level) }} end
    {%- endfor %}
, 0)
{%- endmacro %}
