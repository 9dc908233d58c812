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
