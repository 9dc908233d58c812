-- grain: one day on which interactions were appended after the build
-- key: day
-- units: interactions and users count what was appended on the day, interaction_share and user_share are the
--   shares 0..1 of all interactions and of all users that were appended up to the day: how far learning is
--   behind
-- nulls: none
-- materialized: view
with

appended as (
    select user_id, appended_on from {{ ref('staging.appended') }}
),

overall as (
    select sum(rating_count) as rating_count, count(*) as user_count from {{ ref('marts.user_activity') }}
),

days as (
    select appended_on, count(*) as interactions, count(distinct user_id) as users
    from appended
    group by appended_on
),

firsts as (
    select user_id, min(appended_on) as appended_on from appended group by user_id
),

new_users as (
    select appended_on, count(*) as users from firsts group by appended_on
),

final as (
    select
        days.appended_on as day,
        days.interactions,
        days.users,
        sum(days.interactions) over (order by days.appended_on) / overall.rating_count as interaction_share,
        sum(coalesce(new_users.users, 0)) over (order by days.appended_on) / overall.user_count as user_share
    from days
    left join new_users on days.appended_on = new_users.appended_on
    cross join overall
)

select * from final
