-- grain: one model that was judged on two users or more
-- key: model
-- units: accuracy and its bounds are shares of candidates, 0..1
-- nulls: none
-- formula: the macro accuracies_of, of the users that the leaderboard judges by
with

users as (
    select model, user_id, judged, correct from {{ ref('marts.user_accuracy') }}
),

judged as (
    {{ accuracies_of('users') }}
),

final as (
    select model, accuracy, standard_error, accuracy_low, accuracy_high from judged where user_count > 1
)

select * from final
