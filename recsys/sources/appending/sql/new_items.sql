-- items that the data directory does not have: listed, rated, or an album, artist or genre that is named alone; with
-- integer ids: their own where all are whole numbers and the number is free, else the next ones
{% from 'free_numbers.sql' import largest -%}
create table new_items as
with

new_listed as (
    select listed.kind, listed.item_key, listed.name, listed.album, listed.artist
    from listed
    anti join known_items as known on listed.kind = known.kind and listed.item_key = known.original_id
),

named as (
    select 'album' as kind, album as original_id from new_listed where album is not null
    union
    select 'artist' as kind, artist as original_id from new_listed where artist is not null
    union
    select 'genre' as kind, genre_names.genre as original_id
    from genre_names
    semi join new_listed on genre_names.item_key = new_listed.item_key
),

named_only as (
    select named.kind, named.original_id
    from named
    anti join known_items as known on named.kind = known.kind and named.original_id = known.original_id
    anti join new_listed on named.kind = new_listed.kind and named.original_id = new_listed.item_key
),

unlisted as (
    select distinct item_keys.original_id
    from item_keys
    anti join known_items as known on item_keys.original_id = known.original_id
    anti join new_listed on item_keys.original_id = new_listed.item_key
    anti join named_only on item_keys.original_id = named_only.original_id
),

gathered as (
    select kind, item_key as original_id, name, true as is_key from new_listed
    union all
    select 'track' as kind, original_id, null as name, true as is_key from unlisted
    union all
    select kind, original_id, original_id as name, false as is_key from named_only
),

rule as (
    select bool_and(item_id::varchar = original_id) as is_kept from known_items where kind = 'track'
),

own as (
    select gathered.kind, gathered.original_id, try_cast(gathered.original_id as integer) as item_id
    from gathered
    cross join rule
    anti join known_items as known on try_cast(gathered.original_id as integer) = known.item_id
    where
        rule.is_kept
        and gathered.is_key
        and try_cast(gathered.original_id as integer) >= 0
        and try_cast(gathered.original_id as integer)::varchar = gathered.original_id
),

{{ largest('item_id', 'known_items', 'gathered') }},

others as (
    select
        gathered.kind,
        gathered.original_id,
        largest.item_id + row_number() over (
            order by
                gathered.is_key desc,
                list_position(['track', 'album', 'artist', 'genre'], gathered.kind),
                gathered.original_id
        ) as item_id
    from gathered
    anti join own on gathered.kind = own.kind and gathered.original_id = own.original_id
    cross join largest
),

numbered as (
    select kind, original_id, item_id from own
    union all
    select kind, original_id, item_id from others
)

select numbered.item_id::integer as item_id, gathered.kind, gathered.original_id, gathered.name, gathered.is_key
from numbered
inner join gathered on numbered.kind = gathered.kind and numbered.original_id = gathered.original_id
order by numbered.item_id
