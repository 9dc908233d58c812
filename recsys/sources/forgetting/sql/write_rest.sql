-- a file without the forgotten rows, in its order
copy (
    select
        {%- for column, expression in columns.items() %}
        {{ expression }} as {{ column | quoted }}{{ ',' if not loop.last }}
        {%- endfor %}
    from read_parquet($path, file_row_number = true)
    where not coalesce({{ dropped | join(' or ') }}, false)
    order by file_row_number
) to $out (format parquet)
