{#- Values of a column of any type, as texts, numbers and times; what cannot be read is NULL. -#}
{% macro blanks() -%}
' ' || chr(9) || chr(10) || chr(13) || chr(160)
{%- endmacro %}
{# Blanks around an id are taken away where each id is looked at once (original_ids.sql): that is cheaper. #}
{% macro id_text(column, type) -%}
{% if type in ('FLOAT', 'DOUBLE') %}{{ text(column, type) }}
{%- else %}{{ column | quoted }}::varchar{% endif %}
{%- endmacro %}
{% macro text(column, type) -%}
{% if type in ('FLOAT', 'DOUBLE') -%}
case
        when isnan({{ column | quoted }}) then null
        when {{ column | quoted }} = trunc({{ column | quoted }}) and abs({{ column | quoted }}) < 1e15
            then {{ column | quoted }}::bigint::varchar
        else {{ column | quoted }}::varchar
    end
{%- else -%}
nullif(trim({{ column | quoted }}::varchar, {{ blanks() }}), '')
{%- endif %}
{%- endmacro %}
{% macro numeric(column, type, decimal) -%}
{% if type != 'VARCHAR' -%}
try_cast({{ column | quoted }} as double)
{%- elif decimal == ',' -%}
try_cast(replace({{ column | quoted }}, ',', '.') as double)
{%- else -%}
try_cast({{ column | quoted }} as double)
{%- endif %}
{%- endmacro %}
{% macro iso(column) -%}
nullif(try_cast({{ column | quoted }} as timestamptz), 'infinity'::timestamptz)
{%- endmacro %}
{% macro timed(column, type, style, decimal) -%}
{% if style.name == 'number' -%}
{{ numeric(column, type, decimal) }}
{%- elif style.name == 'instant' -%}
epoch_us({{ column | quoted }}::timestamptz)
{%- elif style.name == 'iso' -%}
epoch_us({{ iso(column) }})
{%- else -%}
epoch_us(try_strptime(trim({{ column | quoted }}), '{{ style.format }}'))
{%- endif %}
{%- endmacro %}
