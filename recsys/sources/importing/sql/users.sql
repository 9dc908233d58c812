-- the users with integer ids: their own where all are whole numbers, else numbered in the order of their texts
create table users as
with

ids as (
    select distinct original_id from user_keys
),

numbered as (
    select
        original_id,
        try_cast(original_id as integer) as number,
        row_number() over (order by original_id) as place
    from ids
),

rule as (
    select bool_and(coalesce(number >= 0 and number::varchar = original_id, false)) as is_kept from numbered
)

select
    (case when rule.is_kept then numbered.number else numbered.place end)::integer as user_id,
    numbered.original_id
from numbered
cross join rule
order by user_id
