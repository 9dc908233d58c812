-- the users with integer ids: their own where all are whole numbers, else numbered in the order of their texts
create table users as
with

keys as (
    select distinct user_key from events
),

numbered as (
    select
        user_key,
        try_cast(user_key as integer) as number,
        row_number() over (order by user_key) as place
    from keys
),

rule as (
    select bool_and(coalesce(number >= 0 and number::varchar = user_key, false)) as is_kept from numbered
)

select (case when rule.is_kept then numbered.number else numbered.place end)::integer as user_id, user_key
from numbered
cross join rule
order by user_id
