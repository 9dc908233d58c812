{# The lines of a file as one column: no line of text holds the control character that would split it. #}
{% macro read_lines(path) -%}
read_csv(
    {{ path }}, columns = {'line': 'varchar'}, delim = '\x01',
    header = false, quote = '', escape = '', auto_detect = false, hive_partitioning = false
)
{%- endmacro %}

{# The ids of a column of a Parquet file, as texts. #}
{% macro read_ids(path, column) -%}
(select {{ column }}::varchar as line from read_parquet({{ path }}))
{%- endmacro %}

{# A decimal integer 0..largest, written as people write it: no sign, space, point or leading zero. #}
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

{# The value, or a failed build: for what the format promises. #}
{% macro promised(condition, value, message) -%}
case when {{ condition }} then {{ value }} else error('{{ message }}') end
{%- endmacro %}

{# Headers `user|count` found among numbered lines, each of which must count the lines up to the next. #}
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
        {{ promised('array_length(fields) = 2', 'true', 'not a header') }} as is_header
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
