-- grain: a model and a user with known answers
-- key: model, user_id
-- units: judged is the number of the user's candidates with a known answer, correct the number predicted
--   right
-- nulls: none
-- partition_by: model
with

predictions as (
    select model, user_id, track_id, predicted
    from {{ ref('marts.predictions') }}
    {%- if partition() %}
    where model = '{{ partition() }}'
    {%- endif %}
),

judged as (
    select user_id, track_id, label from {{ ref('marts.ground_truth') }}
),

final as (
    select
        predictions.model,
        predictions.user_id,
        count(*) as judged,
        count(*) filter (where predictions.predicted = judged.label) as correct
    from predictions
    inner join judged on predictions.user_id = judged.user_id and predictions.track_id = judged.track_id
    where {{ is_unseen('predictions', leaky_models(), ref('staging.labels')) if leaky_models() else 'true' }}
    group by predictions.model, predictions.user_id
)

select * from final
