-- grain: one model
-- key: model
-- units: accuracy and published_accuracy are shares of candidates, auc and probability_auc areas, all 0..1
-- columns: model: model of scores; accuracy: share of candidates with a known answer that are predicted
--   right, 0..1, chance is 0.5; auc: probability that a liked candidate has the higher score than one that
--   is not liked, 0..1; probability_auc: the same for predicted probabilities; users: number of users that
--   the figures are from; evaluated_on: what the known answers are from; published_accuracy: accuracy that
--   a publication gives for the Cup's data; published_in: the publication
-- nulls: accuracy, auc, probability_auc of a model that cannot be evaluated; published_* without a published
--   figure
-- formula: accuracy = share of candidates with a known answer that are predicted right; auc and
--   probability_auc as in marts.auc. Without any labels, accuracy is computed on validation users for the
--   models that can be computed there
{% set published = var('published') %}
{% set published_in = var('published_in') %}
with

models as (
    {%- for model in models('scores') %}
    select
        '{{ model }}' as model,
        {{ var('published.' ~ model, 'null') }}::double as published_accuracy,
        {{ "'" ~ published_in.get(model, 'the paper') ~ "'" if model in published else 'null' }}::varchar
            as published_in,
        {{ "true" if depends_on('scores.' ~ model, 'staging.labels') else "false" }} as is_trained_on_labels,
        {{ "true" if model in leaky_models() else "false" }} as has_seen_labels
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

predictions as (
    select model from {{ ref('marts.predictions') }}
),

judged as (
    select judged_by from {{ ref('marts.ground_truth') }}
),

label_files as (
    select min(judged_by) as judged_by from judged
),

users as (
    select model, user_id, judged, correct from {{ ref('marts.user_accuracy') }}
),

summed as (
    select
        users.model,
        label_files.judged_by,
        count(*) as users,
        sum(users.correct) / sum(users.judged) as accuracy
    from users
    cross join label_files
    group by users.model, label_files.judged_by
),

validated as (
    select model, count(*) as users, sum(correct) / sum(judged) as accuracy
    from {{ ref('marts.validation_accuracy') }}
    where not exists (select 1 from judged)
    group by model
),

aucs as (
    select model, auc, probability_auc from {{ ref('marts.auc') }}
),

final as (
    select
        models.model,
        coalesce(summed.accuracy, validated.accuracy) as accuracy,
        aucs.auc,
        aucs.probability_auc,
        coalesce(summed.users, validated.users, 0) as users,
        case
            when not exists (select 1 from predictions) then 'no candidates'
            when validated.model is not null then 'validation on held-out ratings'
            when summed.model is null then 'no labels'
            when models.has_seen_labels then summed.judged_by || ', users without labels'
            when models.is_trained_on_labels then summed.judged_by || ', labelled users, cross-validated'
            else summed.judged_by
        end as evaluated_on,
        models.published_accuracy,
        models.published_in
    from models
    left join summed on models.model = summed.model
    left join validated on models.model = validated.model
    left join aucs on models.model = aucs.model
)

select * from final order by accuracy desc, model
