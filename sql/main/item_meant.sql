-- grain: the item that a text means, if there is one such; else an error that says so
-- arguments: the_text
-- units: ids of the files
-- nulls: none
-- formula: an original id before a name, and of each a track before an album, an artist and a genre; in data
--   without original ids, the number that the text writes
{% set types = ['track', 'album', 'artist', 'genre'] %}
with

items as (
    select items.item_id, items.original_id, items.name, list_position({{ types }}, types.item_type) as type
    from {{ ref('staging.items') }} as items
    inner join {{ ref('hierarchy.items') }} as types on items.item_id = types.item_id
),

written as (
    select try_cast(the_text as integer) as number
),

matches as (
    select item_id, type as place from items where original_id = the_text::varchar
    union all
    select item_id, 10 + type as place from items where name = the_text::varchar
    union all
    select number as item_id, 20 as place
    from written
    where number::varchar = the_text::varchar and not exists (select 1 from items)
),

{{ the_one_meant('item', 'matches') }}

select * from final
