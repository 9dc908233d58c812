-- grain: a user and a model with probabilities outside 0..1, or whose sum is not half the number of
--   candidates
-- key: model, user_id
with

probabilities as (
    select model, user_id, probability from {{ ref('marts.probabilities') }}
),

final as (
    select model, user_id
    from probabilities
    group by model, user_id
    having
        count(*) <> count(*) filter (where probability between 0 and 1)
        or abs(sum(probability) - count(*) / 2) > 1e-6 * count(*)
)

select * from final
