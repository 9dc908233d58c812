-- grain: one like that an import with --holdout took out of the ratings: lists leave it out, as a rated item
-- key: user_id, item_id
-- units: ids of the warehouse
-- nulls: none
with

{% if has_source('held_out') -%}
rows as (
    select user_id, item_id from read_parquet({{ source('held_out') }})
),

final as (
    select user_id::integer as user_id, item_id::integer as item_id from rows
)
{%- else -%}
final as (
    select null::integer as user_id, null::integer as item_id where false
)
{%- endif %}

select * from final
