-- grain: the item of a type with a given original id, if there is one
-- arguments: the_kind, the_text
-- units: item_type is 'track', 'album', 'artist' or 'genre'
-- nulls: name where the data have no names
-- formula: in data without original ids, the text is the id
with

listed as (
    select item_id, item_type from {{ ref('hierarchy.items') }} where item_type = the_kind
),

named as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

meant as (
    select item_id, original_id, name from named where original_id = the_text::varchar
    union all
    select try_cast(the_text as integer) as item_id, the_text::varchar as original_id, null as name
    where not exists (select 1 from named)
),

final as (
    select meant.item_id, listed.item_type, meant.original_id, meant.name
    from meant
    inner join listed on meant.item_id = listed.item_id
)

select * from final order by item_id
