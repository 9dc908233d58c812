-- grain: a user and a model that does not predict exactly half of the user's candidates as liked
-- key: model, user_id
with

predictions as (
    select model, user_id, predicted from {{ ref('marts.predictions') }}
),

final as (
    select model, user_id, count(*) as candidate_count, sum(predicted) as predicted_count
    from predictions
    group by model, user_id
    having sum(predicted) * 2 <> count(*)
)

select * from final
