-- the further columns of the items file, as the import had them
copy (
    select
        item_id
        {%- for name, column in attributes %},
        {{ name | quoted }}
        {%- endfor %}
    from read_parquet($old)
    union all
    select
        new_items.item_id
        {%- for name, column in attributes %},
        {{ column }} as {{ name | quoted }}
        {%- endfor %}
    from new_items
    inner join listed on new_items.is_key and new_items.kind = listed.kind and new_items.original_id = listed.item_key
    order by item_id
) to $path (format parquet)
