{# A candidate's rank among the user's candidates, 0 the lowest and 1 the highest; equal values share the lower rank. #}
{% macro rank_within_user(column) -%}
percent_rank() over (partition by user_id order by {{ column }})
{%- endmacro %}

{# A candidate's z-score among the user's candidates, (x - mean) / population deviation; 0 if all values are equal.
   The frame is in the order of track_id, so that float sums do not depend on the number of threads. #}
{% macro z_score(column) -%}
coalesce(
            ({{ column }} - avg({{ column }}) over {{ _over_user() }})
            / nullif(stddev_pop({{ column }}) over {{ _over_user() }}, 0), 0
        )
{%- endmacro %}

{% macro _over_user() -%}
(partition by user_id order by track_id rows between unbounded preceding and unbounded following)
{%- endmacro %}

{# A candidate's value minus the mean of the user's candidates, summed in the same order. #}
{% macro minus_user_mean(column) -%}
{{ column }} - avg({{ column }}) over {{ _over_user() }}
{%- endmacro %}
