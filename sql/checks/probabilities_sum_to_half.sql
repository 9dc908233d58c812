-- grain: one user whose probabilities by one model are no probabilities, or do not sum to half the candidates
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
