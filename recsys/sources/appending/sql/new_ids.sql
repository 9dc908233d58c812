-- {{ role }}s that the data directory does not have, with integer ids: their own where all are whole numbers and
-- the number is free, else the next ones in the order of their texts
create table new_{{ role }}s as
with

ids as (
    select distinct original_id from {{ role }}_keys
),

unknown as (
    select ids.original_id, try_cast(ids.original_id as integer) as number
    from ids
    anti join known_{{ role }}s as known on ids.original_id = known.original_id
),

rule as (
    select bool_and({{ role }}_id::varchar = original_id) as is_kept from known_{{ role }}s
    {{- " where kind = 'track'" if role == 'item' }}
),

own as (
    select unknown.original_id, unknown.number as {{ role }}_id
    from unknown
    cross join rule
    anti join known_{{ role }}s as known on unknown.number = known.{{ role }}_id
    where rule.is_kept and unknown.number >= 0 and unknown.number::varchar = unknown.original_id
),

largest as (
    select
        greatest(
            (select max({{ role }}_id) from known_{{ role }}s), coalesce((select max({{ role }}_id) from own), 0)
        )::bigint as {{ role }}_id
),

others as (
    select
        unknown.original_id,
        largest.{{ role }}_id + row_number() over (order by unknown.original_id) as {{ role }}_id
    from unknown
    anti join own on unknown.original_id = own.original_id
    cross join largest
)

select original_id, {{ role }}_id::integer as {{ role }}_id
from (select original_id, {{ role }}_id from own union all select original_id, {{ role }}_id from others)
order by {{ role }}_id
