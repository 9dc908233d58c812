-- grain: one model and class of users by their number of ratings
-- key: model, activity
-- units: activity is the smallest number of ratings of the class; accuracy 0..1
-- nulls: none
with

users as (
    select user_id, activity from {{ ref('marts.user_activity') }}
),

judged as (
    select model, user_id, judged, correct from {{ ref('marts.user_accuracy') }}
),

final as (
    select
        judged.model,
        coalesce(users.activity, 0) as activity,
        count(*) as users,
        sum(judged.correct) / sum(judged.judged) as accuracy
    from judged
    left join users on judged.user_id = users.user_id
    group by judged.model, coalesce(users.activity, 0)
)

select * from final order by model, activity
