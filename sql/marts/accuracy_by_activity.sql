-- grain: one model and class of users by their number of ratings
-- key: model, activity
-- units: activity is the smallest number of ratings of the class; accuracy and its bounds 0..1
-- nulls: accuracy_low, accuracy_high of a single user
-- formula: the macro accuracies_of over the users of a class
with

users as (
    select user_id, activity from {{ ref('marts.user_activity') }}
),

judged as (
    select model, user_id, judged, correct from {{ ref('marts.user_accuracy') }}
),

classed as (
    select
        judged.model,
        coalesce(users.activity, 0) as activity,
        judged.user_id,
        judged.judged,
        judged.correct
    from judged
    left join users on judged.user_id = users.user_id
),

accuracies as (
    {{ accuracies_of('classed', by='activity') }}
),

final as (
    select model, activity, user_count as users, accuracy, accuracy_low, accuracy_high from accuracies
)

select * from final order by model, activity
