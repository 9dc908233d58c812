-- grain: one of the given users
-- arguments: the_users
-- units: original_id is the id in the imported file
-- nulls: name where the data have no names
with

given as (
    select distinct unnest(the_users::integer[]) as user_id
),

facts as (
    select user_id, original_id, name from {{ ref('marts.user_facts') }}
),

final as (
    select
        given.user_id,
        coalesce(facts.original_id, given.user_id::varchar) as original_id,
        facts.name
    from given
    left join facts on given.user_id = facts.user_id
)

select * from final order by user_id
