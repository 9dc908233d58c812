-- grain: one of the given items
-- arguments: the_items
-- units: item_type is 'track', 'album', 'artist' or 'genre'; original_id is the id in the imported file
-- nulls: item_type of an item that no file lists; name where the data have no names
with

given as (
    select distinct unnest(the_items::integer[]) as item_id
),

facts as (
    select item_id, item_type, original_id, name from {{ ref('marts.item_facts') }}
),

final as (
    select
        given.item_id,
        facts.item_type,
        coalesce(facts.original_id, given.item_id::varchar) as original_id,
        facts.name
    from given
    left join facts on given.item_id = facts.item_id
)

select * from final order by item_id
