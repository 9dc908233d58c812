-- grain: a pair of models
-- key: model, other_model
-- units: correlation -1..1
-- nulls: correlation of a model with constant scores
-- formula: Pearson's correlation of the two models' ranks of the candidates within each user; ranks are
--   integers, so that their sums are exact
with

predictions as (
    select model, user_id, track_id, rank from {{ ref('marts.predictions') }}
),

summed as (
    select
        one.model,
        other.model as other_model,
        count(*) as pairs,
        sum(one.rank) as one_sum,
        sum(other.rank) as other_sum,
        sum(one.rank * one.rank) as one_square,
        sum(other.rank * other.rank) as other_square,
        sum(one.rank * other.rank) as product
    from predictions as one
    inner join predictions as other on one.user_id = other.user_id and one.track_id = other.track_id
    where one.model < other.model
    group by one.model, other.model
),

correlated as (
    select
        model,
        other_model,
        (pairs * product - one_sum * other_sum)
        / nullif(
            sqrt(pairs * one_square - one_sum * one_sum)
            * sqrt(pairs * other_square - other_sum * other_sum), 0
        ) as correlation
    from summed
),

final as (
    select model, other_model, correlation from correlated
    union all
    select other_model as model, model as other_model, correlation from correlated
)

select * from final order by model, other_model
