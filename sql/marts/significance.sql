-- grain: a model, and another that is no more accurate, judged on the same users
-- key: better, worse
-- units: difference and its bounds are shares of candidates; users counts those that both are judged on
-- nulls: difference_low, difference_high of a single user
-- formula: difference -+ z s, s^2 = n / (n - 1) sum ((c - d) - difference judged)^2 / (sum judged)^2, with c
--   and d the right predictions of both for a user: the pairs of a user are one draw, as in the macro
--   accuracies_of. A bootstrap over users gives the same bounds
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
        sum(gain) / sum(judged) as difference
    from pairs
    group by better, worse
),

errors as (
    select
        totals.better,
        totals.worse,
        totals.users,
        totals.difference,
        sqrt(
            totals.users / nullif(totals.users - 1, 0)
            * sum(pow(pairs.gain - totals.difference * pairs.judged, 2) order by pairs.user_id)
        ) / totals.judged as standard_error
    from totals
    inner join pairs on totals.better = pairs.better and totals.worse = pairs.worse
    where totals.difference > 0 or (totals.difference = 0 and totals.better < totals.worse)
    group by totals.better, totals.worse, totals.users, totals.difference, totals.judged
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
