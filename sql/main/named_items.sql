-- grain: one of the items asked for
-- arguments: the_items
-- units: item_type is 'track', 'album', 'artist' or 'genre'; original_id is the id as the data's owner has it
-- nulls: item_type of what no file lists; name where the data have none
with

asked as (
    select distinct unnest(the_items::integer[]) as item_id
),

listed as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

named as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

final as (
    select
        asked.item_id,
        listed.item_type,
        coalesce(named.original_id, asked.item_id::varchar) as original_id,
        named.name
    from asked
    left join listed on asked.item_id = listed.item_id
    left join named on asked.item_id = named.item_id
)

select * from final order by item_id
