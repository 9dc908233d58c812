-- grain: a model and another that is not more accurate, evaluated on the same users
-- key: better, worse
-- units: difference and its bounds are shares of candidates; users is the number of users with both
-- nulls: difference_low, difference_high of a single user
-- formula: difference -+ z s, s^2 = n / (n - 1) sum ((c - d) - difference judged)^2 / (sum judged)^2, with c
--   and d the numbers of right predictions of the two for a user; users are the independent draws, as in the
--   macro accuracies_of. A bootstrap over users gives the same bounds. With fewer users than
--   accuracy_intervals.few, or where all users gain alike, s is at least 0.5 / sqrt(n), the largest of a
--   share
with

users as (
    select model, user_id, judged, correct from {{ ref('marts.user_accuracy') }}
),

pairs as (
    select
        one.model as better,
        other.model as worse,
        one.user_id,
        one.judged,
        one.correct - other.correct as gain
    from users as one
    inner join users as other on one.user_id = other.user_id
    where one.model <> other.model
),

totals as (
    select
        better,
        worse,
        count(*) as users,
        sum(judged) as judged,
        sum(gain) as gain,
        sum(gain * gain) as gain_square,
        sum(gain * judged) as product,
        sum(judged * judged) as judged_square
    from pairs
    group by better, worse
),

differences as (
    select *, gain / judged as difference from totals where gain > 0 or (gain = 0 and better < worse)
),

measured as (
    select
        better,
        worse,
        users,
        difference,
        sqrt(
            users / nullif(users - 1, 0)
            * greatest(0, gain_square - 2 * difference * product + difference * difference * judged_square)
        ) / judged as standard_error
    from differences
),

errors as (
    select
        better,
        worse,
        users,
        difference,
        case
            when users < 2 then null
            when users < {{ var('accuracy_intervals.few') }} or (standard_error = 0 and difference > 0)
                then greatest(standard_error, 0.5 / sqrt(users))
            else standard_error
        end as standard_error
    from measured
),

final as (
    select
        better,
        worse,
        difference,
        difference - {{ var('accuracy_intervals.deviations') }} * standard_error as difference_low,
        difference + {{ var('accuracy_intervals.deviations') }} * standard_error as difference_high,
        users
    from errors
)

select * from final
