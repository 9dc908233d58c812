{# A candidate's rank among the user's candidates, 0 the lowest and 1 the highest; equals share the lower. #}
{% macro rank_within_user(column) -%}
percent_rank() over (partition by user_id order by {{ column }})
{%- endmacro %}

{# A candidate's place among the user's candidates: (x - mean) / population deviation; 0 where all are alike.
   The frame runs in the order of track_id, so that the float sums repeat to the last digit. #}
{% macro z_score(column) -%}
coalesce(
            ({{ column }} - avg({{ column }}) over {{ _of_the_user() }})
            / nullif(stddev_pop({{ column }}) over {{ _of_the_user() }}, 0), 0
        )
{%- endmacro %}

{% macro _of_the_user() -%}
(partition by user_id order by track_id rows between unbounded preceding and unbounded following)
{%- endmacro %}

{# A candidate's value less the mean over the user's candidates; sums run as above. #}
{% macro less_the_users_mean(column) -%}
{{ column }} - avg({{ column }}) over {{ _of_the_user() }}
{%- endmacro %}
