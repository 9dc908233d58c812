-- grain: one interaction that recsys append added after the build
-- key: user_id, item_id
-- units: appended_on is the date of the append in UTC; a build learns from all interactions and leaves none
-- nulls: none
-- incremental: by user_id, item_id
with

{% if has_source('unlearned') -%}
rows as (
    select user_id, item_id, appended_at from read_parquet({{ source('unlearned') }})
),

final as (
    select
        {{ require('user_id >= 0', 'user_id', 'no user id') }}::integer as user_id,
        {{ require('item_id >= 0', 'item_id', 'no item id') }}::integer as item_id,
        appended_at::date as appended_on
    from rows
    where appended_at is not null
)
{%- else -%}
final as (
    select null::integer as user_id, null::integer as item_id, null::date as appended_on where false
)
{%- endif %}

select * from final
