-- the further columns of the file of items
copy (
    select
        things.item_id
        {%- for attribute in attributes %},
        listed.attribute_{{ loop.index0 }}::{{ attribute.type }} as {{ attribute.name | quoted }}
        {%- endfor %}
    from things
    inner join listed on things.is_key and things.original_id = listed.item_key
    order by things.item_id
) to $path (format parquet)
