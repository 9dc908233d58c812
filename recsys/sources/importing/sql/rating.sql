{#- The columns of the files of ratings, from the relation `coded`; a rating is its value on the scale 0..100. -#}
{% macro rating() -%}
{% if feedback == 'ratings' -%}
(case
            when $highest::double > $lowest::double
                then round(100 * (coded.value - $lowest) / ($highest::double - $lowest))
            else 100
        end)::smallint
{%- elif feedback == 'likes' -%}
100::smallint
{%- else -%}
(case
            when $top_count::double > 0
                then greatest(1, least(100, round(100 * ln(1 + coded.value) / ln(1 + $top_count::double))))
            else 100
        end)::smallint
{%- endif %}
{%- endmacro %}
{% macro rating_columns(seq) -%}
coded.user_id,
        coded.item_id,
        {{ rating() }} as rating,
        {{ seq }} as seq,
        coded.value,
        {{ 'make_timestamp(coded.time)' if has_time else 'null::timestamp' }} as time
{%- endmacro %}
