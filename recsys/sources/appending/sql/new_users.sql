-- users that the data directory does not have, with integer ids: their own where all are whole numbers and
-- the number is free, else the next ones in the order of their texts
{% from 'free_numbers.sql' import largest -%}
create table new_users as
with

ids as (
    select distinct original_id from user_keys
),

unknown as (
    select ids.original_id, try_cast(ids.original_id as integer) as number
    from ids
    anti join known_users as known on ids.original_id = known.original_id
),

rule as (
    select bool_and(user_id::varchar = original_id) as is_kept from known_users
),

own as (
    select unknown.original_id, unknown.number as user_id
    from unknown
    cross join rule
    anti join known_users as known on unknown.number = known.user_id
    where rule.is_kept and unknown.number >= 0 and unknown.number::varchar = unknown.original_id
),

{{ largest('user_id', 'known_users', 'unknown') }},

others as (
    select
        unknown.original_id,
        largest.user_id + row_number() over (order by unknown.original_id) as user_id
    from unknown
    anti join own on unknown.original_id = own.original_id
    cross join largest
)

select original_id, user_id::integer as user_id
from (select original_id, user_id from own union all select original_id, user_id from others)
order by user_id
