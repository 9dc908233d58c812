-- grain: one of the users asked for
-- arguments: the_users
-- units: original_id is the id as the data's owner has it
-- nulls: name where the data have none
with

asked as (
    select distinct unnest(the_users::integer[]) as user_id
),

named as (
    select user_id, original_id, name from {{ ref('staging.users') }}
),

final as (
    select
        asked.user_id,
        coalesce(named.original_id, asked.user_id::varchar) as original_id,
        named.name
    from asked
    left join named on asked.user_id = named.user_id
)

select * from final order by user_id
