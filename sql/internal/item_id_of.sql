-- grain: the one item that a text refers to; an error if there is none, or more than one
-- arguments: the_text
-- units: ids of the files
-- nulls: none
-- formula: original ids before names, and of each track, album, artist, genre in this order; in data without
--   original ids, the text is the id
{% set types = ['track', 'album', 'artist', 'genre'] %}
with

items as (
    select items.item_id, items.original_id, items.name, list_position({{ types }}, types.item_type) as type
    from {{ ref('staging.items') }} as items
    inner join {{ ref('hierarchy.items') }} as types on items.item_id = types.item_id
),

parsed as (
    select try_cast(the_text as integer) as number
),

matches as (
    select item_id, type as place from items where original_id = the_text::varchar
    union all
    select item_id, 10 + type as place from items where name = the_text::varchar
    union all
    select number as item_id, 20 as place
    from parsed
    where number::varchar = the_text::varchar and not exists (select 1 from items)
),

{{ single_match('item', 'matches') }}

select * from final
