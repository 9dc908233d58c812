-- the further columns of the items file, by their names; those of an append have the columns of the import
{% from 'old_rows.sql' import old_rows with context -%}
copy (
    {{ old_rows('item_id, ' ~ attributes | map('first') | map('quoted') | join(', ')) -}}
    select
        made.item_id
        {%- for name, value in attributes %},
        {{ value }} as {{ name | quoted }}
        {%- endfor %}
    from {{ made }} as made
    inner join listed on made.is_key and made.kind = listed.kind and made.original_id = listed.item_key
    order by item_id
) to $path (format parquet)
