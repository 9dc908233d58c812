{# Lines of a file as one column; the delimiter is a control character that no line contains. #}
{% macro read_lines(path) -%}
read_csv(
    {{ path }}, columns = {'line': 'varchar'}, delim = '\x01',
    header = false, quote = '', escape = '', auto_detect = false, hive_partitioning = false
)
{%- endmacro %}

{# Ids of a column of a Parquet file, as text. #}
{% macro read_ids(path, column) -%}
(select {{ column }}::varchar as line from read_parquet({{ path }}))
{%- endmacro %}

{# A decimal integer 0..largest in its usual form: no sign, space, point or leading zero. #}
{% macro strict_integer(text, type='integer', largest=2147483647) -%}
case
    when try_cast({{ text }} as {{ type }})::varchar = {{ text }}
        and try_cast({{ text }} as {{ type }}) between 0 and {{ largest }}
        then try_cast({{ text }} as {{ type }})
    else error('not an integer 0..{{ largest }}')::{{ type }}
end
{%- endmacro %}

{# The same, or NULL for the word None. #}
{% macro strict_integer_or_none(text) -%}
case when {{ text }} = 'None' then null else {{ strict_integer(text) }} end
{%- endmacro %}

{# The value if the condition holds, else a failed build with the message. #}
{% macro require(condition, value, message) -%}
case when {{ condition }} then {{ value }} else error('{{ message }}') end
{%- endmacro %}

{# Headers `user|count` among numbered lines; each states the number of lines up to the next header. #}
{% macro group_headers(lines) -%}
with

headers as (
    select line, string_split(header, '|') as fields from {{ lines }} where header is not null
),

parsed as (
    select
        line,
        {{ strict_integer('fields[1]') }} as user_id,
        {{ strict_integer('fields[2]') }} as line_count,
        {{ require('array_length(fields) = 2', 'true', 'not a header') }} as is_header
    from headers
),

measured as (
    select
        line,
        user_id,
        line_count,
        row_number() over (order by line) as ordinal,
        lead(line, 1, (select count(*) + 1 from {{ lines }})) over (order by line) - line - 1 as found_count
    from parsed
    where is_header
)
{%- endmacro %}
