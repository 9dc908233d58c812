-- grain: one model beside the one before it, in the order of the paper; models that it lacks come last
-- key: model
-- units: lift and published_lift are differences of accuracy, -1..1; gained and lost count the judged
--   candidates that only the model, or only the one before it, predicts right
-- nulls: previous_model, lift of the first; published_lift where the paper lacks one of the two
{% set built = models('scores') %}
{% set published = var('published') | reject('in', var('published_in')) | list %}
{% set ordered = (published | select('in', built) | list) + (built | reject('in', published) | list) %}
with

models as (
    {%- for model in ordered %}
    select
        {{ loop.index }} as step,
        '{{ model }}' as model,
        {{ var('published.' ~ model) if model in published else 'null' }}::double as published_accuracy
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

steps as (
    select
        step,
        model,
        lag(model) over (order by step) as previous_model,
        published_accuracy - lag(published_accuracy) over (order by step) as published_lift
    from models
),

predictions as (
    select model, user_id, track_id, predicted from {{ ref('marts.predictions') }}
),

judged as (
    select user_id, track_id, label from {{ ref('marts.judged') }}
),

verdicts as (
    select
        predictions.model,
        predictions.user_id,
        predictions.track_id,
        predictions.predicted = judged.label as is_right
    from predictions
    inner join judged on predictions.user_id = judged.user_id and predictions.track_id = judged.track_id
    where {{ is_unseen('predictions', saw_labels(), ref('staging.labels')) if saw_labels() else 'true' }}
),

own as (
    select steps.step, verdicts.user_id, verdicts.track_id, verdicts.is_right
    from steps
    inner join verdicts on steps.model = verdicts.model
),

previous as (
    select steps.step, verdicts.user_id, verdicts.track_id, verdicts.is_right
    from steps
    inner join verdicts on steps.previous_model = verdicts.model
),

compared as (
    select
        own.step,
        count(*) as candidates,
        count(*) filter (where own.is_right and not previous.is_right) as gained,
        count(*) filter (where previous.is_right and not own.is_right) as lost
    from own
    inner join previous
        on own.step = previous.step and own.user_id = previous.user_id and own.track_id = previous.track_id
    group by own.step
),

final as (
    select
        steps.step,
        steps.model,
        steps.previous_model,
        (compared.gained - compared.lost) / compared.candidates as lift,
        steps.published_lift,
        compared.gained,
        compared.lost
    from steps
    inner join compared on steps.step = compared.step
)

select * from final order by step
