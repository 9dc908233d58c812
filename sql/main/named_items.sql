-- grain: one of the items asked for
-- arguments: the_items
-- units: item_type is 'track', 'album', 'artist' or 'genre'; original_id is the id as the data's owner has it
-- nulls: item_type of what no file lists; name where the data have none
with

asked as (
    select distinct unnest(the_items::integer[]) as item_id
),

facts as (
    select item_id, item_type, original_id, name from {{ ref('marts.item_facts') }}
),

final as (
    select
        asked.item_id,
        facts.item_type,
        coalesce(facts.original_id, asked.item_id::varchar) as original_id,
        facts.name
    from asked
    left join facts on asked.item_id = facts.item_id
)

select * from final order by item_id
