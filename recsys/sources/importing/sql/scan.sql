{#- The rows of a table that a person gave, with its own column names. -#}
{% if kind == 'parquet' -%}
read_parquet($paths)
{%- elif kind == 'json' -%}
read_json($paths)
{%- else -%}
read_csv(
    $paths, columns = $columns, delim = $delimiter, quote = $quote, escape = $escape, header = $header,
    skip = $skip, auto_detect = false, hive_partitioning = false
)
{%- endif %}
