-- everything that has an id: what is listed, what else is rated (a track, unless a listed item names an album,
-- artist or genre so), and the albums, artists and genres that are named alone
create table entities as
with

named as (
    select 'album' as kind, album as original_id from listed where album is not null
    union
    select 'artist' as kind, artist as original_id from listed where artist is not null
    union
    select 'genre' as kind, genre as original_id from genre_names
),

named_only as (
    select named.kind, named.original_id
    from named
    anti join listed on named.kind = listed.kind and named.original_id = listed.item_key
),

rated as (
    select distinct original_id as item_key from item_keys
),

unlisted as (
    select item_key
    from rated
    anti join listed using (item_key)
    anti join named_only on rated.item_key = named_only.original_id
),

gathered as (
    select kind, item_key as original_id, name, true as is_key from listed
    union all
    select 'track' as kind, item_key as original_id, null as name, true as is_key from unlisted
    union all
    select kind, original_id, original_id as name, false as is_key from named_only
),

numbered as (
    select
        kind,
        original_id,
        name,
        is_key,
        try_cast(original_id as integer) as number,
        row_number() over (
            order by list_position(['track', 'album', 'artist', 'genre'], kind), original_id
        ) as place,
        row_number() over (partition by is_key order by kind, original_id) as further
    from gathered
),

rule as (
    select
        coalesce(max(number) filter (where is_key), 0) as largest,
        bool_and(not is_key or coalesce(number >= 0 and number::varchar = original_id, false))
        and coalesce(max(number) filter (where is_key), 0)::bigint + count(*) < 2147483648 as is_kept
    from numbered
)

select
    (case
        when not rule.is_kept then numbered.place
        when numbered.is_key then numbered.number
        else rule.largest + numbered.further
    end)::integer as item_id,
    numbered.kind,
    numbered.original_id,
    numbered.name,
    numbered.is_key
from numbered
cross join rule
order by item_id
