-- grain: a model and the model it builds on
-- key: model
-- units: lift, its bounds and published_lift are differences of accuracy, -1..1; gained is the number of
--   candidates that only the model predicts right, lost the number that only the other one predicts right
-- nulls: lift_low, lift_high of a single user; published_lift where the paper lacks one of the two
-- formula: accuracy of the model minus that of the model it builds on (builds_on in parameters.toml; if that
--   is not built, the next one down the chain). Models that build on none have no row
{% set built = models('scores') %}
{% set builds_on = var('builds_on') %}
{% set published = var('published') %}
{% set paper = published | reject('in', var('published_in')) | list %}
{% set steps = [] %}
{% for model in builds_on if model in built %}
{%- set previous = nearest_built(builds_on[model], built) %}
{%- set _ = steps.append((model, previous)) if previous in built %}
{%- endfor %}
with

steps as (
    {%- for model, previous in steps %}
    {%- set is_of_the_paper = model in paper and previous in paper %}
    select
        {{ loop.index }} as step,
        '{{ model }}' as model,
        '{{ previous }}' as previous_model,
        {{ var('adds.' ~ model) }} as adds,
        {{ published[model] - published[previous] if is_of_the_paper else 'null' }}::double as published_lift
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select 0 as step, '' as model, '' as previous_model, '' as adds, 0.0 as published_lift where false
    {%- endfor %}
),

predictions as (
    select model, user_id, track_id, predicted from {{ ref('marts.predictions') }}
),

judged as (
    select user_id, track_id, label from {{ ref('marts.ground_truth') }}
),

significance as (
    select better, worse, difference_low, difference_high from {{ ref('marts.significance') }}
),

outcomes as (
    select
        predictions.model,
        predictions.user_id,
        predictions.track_id,
        predictions.predicted = judged.label as is_right
    from predictions
    inner join judged on predictions.user_id = judged.user_id and predictions.track_id = judged.track_id
    where {{ is_unseen('predictions', leaky_models(), ref('staging.labels')) if leaky_models() else 'true' }}
),

-- Candidates that both models of a step predict.
compared as (
    select
        steps.step,
        count(*) as candidates,
        count(*) filter (where own.is_right and not previous.is_right) as gained,
        count(*) filter (where previous.is_right and not own.is_right) as lost
    from steps
    inner join outcomes as own on steps.model = own.model
    inner join outcomes as previous
        on steps.previous_model = previous.model
            and own.user_id = previous.user_id
            and own.track_id = previous.track_id
    group by steps.step
),

-- Each comparison from both sides.
bounds as (
    select better as model, worse as previous_model, difference_low as low, difference_high as high
    from significance
    union all
    select worse as model, better as previous_model, 0 - difference_high as low, 0 - difference_low as high
    from significance
),

final as (
    select
        steps.step,
        steps.model,
        steps.previous_model,
        steps.adds,
        (compared.gained - compared.lost) / compared.candidates as lift,
        bounds.low as lift_low,
        bounds.high as lift_high,
        steps.published_lift,
        compared.gained,
        compared.lost
    from steps
    inner join compared on steps.step = compared.step
    left join bounds on steps.model = bounds.model and steps.previous_model = bounds.previous_model
)

select * from final order by step
