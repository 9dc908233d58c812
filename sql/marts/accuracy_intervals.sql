-- grain: one model that was judged on two users or more
-- key: model
-- units: accuracy and its bounds are shares of candidates, 0..1
-- nulls: none
-- formula: accuracy -+ z s of n users, s^2 = n / (n - 1) sum (correct - accuracy judged)^2 / (sum judged)^2,
--   the variance of a ratio of two sums (Cochran, Sampling Techniques, 1977, 6.3): candidates of a user share
--   a history, so that the users are the independent draws
with

users as (
    select model, user_id, judged, correct from {{ ref('marts.user_accuracy') }}
),

totals as (
    select model, count(*) as user_count, sum(judged) as judged, sum(correct) / sum(judged) as accuracy
    from users
    group by model
),

deviations as (
    select users.model, sum(pow(users.correct - totals.accuracy * users.judged, 2)) as squares
    from users
    inner join totals on users.model = totals.model
    group by users.model
),

errors as (
    select
        totals.model,
        totals.accuracy,
        sqrt(totals.user_count / (totals.user_count - 1) * deviations.squares) / totals.judged
            as standard_error
    from totals
    inner join deviations on totals.model = deviations.model
    where totals.user_count > 1
),

final as (
    select
        model,
        accuracy,
        standard_error,
        greatest(0, accuracy - {{ var('accuracy_intervals.deviations') }} * standard_error) as accuracy_low,
        least(1, accuracy + {{ var('accuracy_intervals.deviations') }} * standard_error) as accuracy_high
    from errors
)

select * from final
