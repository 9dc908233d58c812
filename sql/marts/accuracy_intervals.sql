-- grain: one model evaluated on at least two users
-- key: model
-- units: accuracy and its bounds are shares of candidates, 0..1
-- nulls: none
-- formula: the macro accuracies_of over the users that the leaderboard is computed on
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
