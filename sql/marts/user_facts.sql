-- grain: one user with ratings or candidates
-- key: user_id
-- units: original_id is the id in the imported file; rating_count is the user's number of ratings
-- columns: user_id: id of the user in the warehouse; original_id: id in the owner's data; name: name in the
--   owner's data; rating_count: number of the user's ratings
-- nulls: name where the data have no names; rating_count of a user without ratings
-- incremental: by user_id
with

activity as (
    select user_id, rating_count from {{ ref('marts.user_activity') }}
),

named as (
    select user_id, original_id, name from {{ ref('staging.users') }}
),

known_users as (
    select user_id from activity
    union
    select user_id from {{ ref('staging.candidates') }}
),

final as (
    select
        known_users.user_id,
        coalesce(named.original_id, cast(known_users.user_id as varchar)) as original_id,
        named.name,
        activity.rating_count
    from known_users
    left join activity on known_users.user_id = activity.user_id
    left join named on known_users.user_id = named.user_id
)

select * from final order by user_id
