-- grain: one of the users asked for
-- arguments: the_users
-- units: original_id is the id as the data's owner has it
-- nulls: name where the data have none
with

asked as (
    select distinct unnest(the_users::integer[]) as user_id
),

facts as (
    select user_id, original_id, name from {{ ref('marts.user_facts') }}
),

final as (
    select
        asked.user_id,
        coalesce(facts.original_id, asked.user_id::varchar) as original_id,
        facts.name
    from asked
    left join facts on asked.user_id = facts.user_id
)

select * from final order by user_id
