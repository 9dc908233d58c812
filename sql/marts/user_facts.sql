-- grain: one user who rated something or has candidates
-- key: user_id
-- units: original_id is the id as the data's owner has it; rating_count counts the user's ratings
-- nulls: name where the data have none; rating_count of whoever rated nothing
with

activity as (
    select user_id, rating_count from {{ ref('marts.user_activity') }}
),

named as (
    select user_id, original_id, name from {{ ref('staging.users') }}
),

mentioned as (
    select user_id from activity
    union
    select user_id from {{ ref('staging.candidates') }}
),

final as (
    select
        mentioned.user_id,
        coalesce(named.original_id, cast(mentioned.user_id as varchar)) as original_id,
        named.name,
        activity.rating_count
    from mentioned
    left join activity on mentioned.user_id = activity.user_id
    left join named on mentioned.user_id = named.user_id
)

select * from final order by user_id
