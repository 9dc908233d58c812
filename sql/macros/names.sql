{# Original ids and names, from a Parquet file written by an import; an empty relation if there is no such file. #}
{% macro read_names(path, id) -%}
with

{% if path -%}
named as (
    select {{ id }}, original_id, name from read_parquet({{ path }})
),

final as (
    select {{ id }}::integer as {{ id }}, original_id::varchar as original_id, name::varchar as name from named
)
{%- else -%}
final as (
    select null::integer as {{ id }}, null::varchar as original_id, null::varchar as name where false
)
{%- endif %}
{%- endmacro %}

{# An argument of a macro as an expression for the text of a query: a number is an id of the warehouse; a text is
   resolved by the macro `meaning`. Only an integer or a quoted text can get into the query. #}
{% macro id_expression(argument, meaning, id) -%}
case when typeof({{ argument }}) = 'VARCHAR' then concat(
{{- "'(select " ~ id ~ " from " ~ meaning ~ "(''', replace(" ~ argument }}::varchar, '''', ''''''), '''))')
{{- ' else' }} format('{:d}', {{ argument }}) end
{%- endmacro %}

{# Name of an item that was joined with `staging.items`, else its original id, else its id. #}
{% macro display_name(items, id) -%}
coalesce({{ items }}.name, {{ items }}.original_id, cast({{ id }} as varchar))
{%- endmacro %}

{# The single match of a text among `matches` (lowest place first); an error if there is none, or if several share the
   lowest place. #}
{% macro single_match(kind, matches) -%}
ranked as (
    select {{ kind }}_id, rank() over (order by place) as rank from {{ matches }}
),

best as (
    select count({{ kind }}_id) as match_count, any_value({{ kind }}_id) as {{ kind }}_id from ranked where rank = 1
),

final as (
    select
        case
            when match_count = 1 then {{ kind }}_id
            when match_count > 1
                then error(concat('no {{ kind }} ', the_text, ': ', match_count, ' {{ kind }}s have this name'))
            else error(concat('no {{ kind }} ', the_text, ' in the data'))
        end::integer as {{ kind }}_id
    from best
)
{%- endmacro %}
