{# What people call the things of a relation: their original ids and names, from a Parquet file that an import
   has written, or an empty relation where there is no such file. #}
{% macro names_of(path, id) -%}
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

{# An argument of a macro for the text of a query: a number is an id of the warehouse, a text what people write,
   of which a macro finds the meaning. Nothing but an integer or a quoted text gets into the query. #}
{% macro asked(argument, meaning, id) -%}
case when typeof({{ argument }}) = 'VARCHAR' then concat(
{{- "'(select " ~ id ~ " from " ~ meaning ~ "(''', replace(" ~ argument }}::varchar, '''', ''''''), '''))')
{{- ' else' }} format('{:d}', {{ argument }}) end
{%- endmacro %}

{# What people call an item that was joined with `staging.items`: its name, else its original id, else its id. #}
{% macro shown(items, id) -%}
coalesce({{ items }}.name, {{ items }}.original_id, cast({{ id }} as varchar))
{%- endmacro %}

{# The one thing that a text means, of those that it may mean (`matches`, the likeliest in the first place); an error
   that says so where there is none, or more than one in that place. #}
{% macro the_one_meant(kind, matches) -%}
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
