{# A value in the owner's words, as recsys.sources.interactions has them: 4 of 5, played 37 times, bought. #}
{% macro number_in_words(value) -%}
case
    when abs({{ value }}) < 1e15 and {{ value }} = trunc({{ value }}) then format('{:,}', {{ value }}::bigint)
    else rtrim(format('{:,.2f}', {{ value }}), '0')
end
{%- endmacro %}

{% macro in_words(value) -%}
{% if var('dataset.feedback') == 'ratings' -%}
concat({{ number_in_words(value) }}, ' of ', {{ number_in_words(var('dataset.scale_high')) }}
    {%- if var('dataset.scale_low') < 0 %}, ' (from ', {{ number_in_words(var('dataset.scale_low')) }}, ')'{% endif %})
{%- elif var('dataset.feedback') == 'likes' -%}
{{ var('dataset.verb') }}
{%- else -%}
concat({{ var('dataset.verb') }}, ' ', {{ number_in_words(value) }}, case when {{ value }} = 1 then ' time' else ' times' end)
{%- endif %}
{%- endmacro %}

{# A rating 0..100 on the owner's scale: stars, plays. The inverse of importing/sql/rating.sql, up to rounding. #}
{% macro on_owner_scale(rating) -%}
{% if var('dataset.feedback') in ('counts', 'events') -%}
exp(ln(1 + {{ var('dataset.top_count') }}) * ({{ rating }})::double / 100) - 1
{%- else -%}
{{ score_on_owner_scale(rating) }}
{%- endif %}
{%- endmacro %}

{# A score that is a weighted mean of ratings, on the owner's scale; 0..100 for counts, whose scale is logarithmic. #}
{% macro score_on_owner_scale(score) -%}
{% if var('dataset.values') == 'value' and var('dataset.feedback') == 'ratings' -%}
{{ var('dataset.scale_low') }} + {{ difference_on_owner_scale(score) }}
{%- else -%}
{{ difference_on_owner_scale(score) }}
{%- endif %}
{%- endmacro %}

{# A difference of two such scores. #}
{% macro difference_on_owner_scale(difference) -%}
{% if var('dataset.values') == 'rating' or var('dataset.feedback') in ('counts', 'events') -%}
{{ difference }}
{%- elif var('dataset.feedback') == 'likes' -%}
({{ difference }})::double / 100
{%- else -%}
({{ var('dataset.scale_high') }} - {{ var('dataset.scale_low') }}) * ({{ difference }})::double / 100
{%- endif %}
{%- endmacro %}

{# What an own rating adds to such a score per unit of weight. #}
{% macro part_of_score(rating, value) -%}
{{ rating if var('dataset.feedback') in ('counts', 'events') else value }}
{%- endmacro %}

{# The mean of the owner's values, an aggregate over staging.ratings. #}
{% macro mean_value() -%}
{% if var('dataset.values') == 'value' -%}
round(fsum(value) / count(*), 9)
{%- else -%}
sum(rating) / count(*)
{%- endif %}
{%- endmacro %}
