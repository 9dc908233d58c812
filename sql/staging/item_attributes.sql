-- grain: one item of an imported items file, with the further columns of that file, such as price and year
-- key: item_id
-- units: as in the file
-- nulls: * where the file has no value
-- incremental: by item_id
with

final as (
    {% if has_source('item_attributes') -%}
    select * from read_parquet({{ source('item_attributes') }})
    {%- else -%}
    select null::integer as item_id where false
    {%- endif %}
)

select * from final
