-- grain: the accuracy of a model or prior submission, computed without the labels of one fold
-- key: kind, name, held_out_fold
-- units: accuracy and standard_error are shares of candidates, 0..1; held_out_fold -1 holds nothing out
-- nulls: standard_error of a published accuracy
-- formula: the published score of the submission, or of the only submission named like the model; else
--   estimated on the labelled users of all other folds, with nested scores for models trained on labels
{% set names = models('scores', excluding=['ensemble', 'stacked_ensemble']) %}
with

models as (
    select unnest([
        {%- for name in names %}
        '{{ name }}'{{ '' if loop.last else ',' }}
        {%- endfor %}
    ]) as model
),

hits as (
    select model, held_out_fold, user_id, label_count, hit_share from {{ ref('features.label_hits') }}
),

folds as (
    select user_id, fold from {{ ref('features.folds') }}
),

turns as (
    select -1 as held_out_fold
    union
    select fold as held_out_fold from folds
),

trained as (
    select distinct model from hits where held_out_fold >= 0
),

published as (
    select file, score from {{ ref('staging.submission_scores') }}
),

named as (
    select regexp_replace(file, '\.(csv|txt)(\.gz)?$', '') as model, max(score) as score
    from published
    group by model
    having count(*) = 1
),

estimated as (
    select
        hits.model,
        turns.held_out_fold,
        sum(hits.hit_share * hits.label_count) / sum(hits.label_count) as accuracy,
        stddev_samp(hits.hit_share order by hits.user_id) / sqrt(count(*)) as standard_error
    from hits
    inner join folds on hits.user_id = folds.user_id
    inner join turns on folds.fold <> turns.held_out_fold
    left join trained on hits.model = trained.model
    where hits.held_out_fold = if(trained.model is null, -1, turns.held_out_fold)
    group by hits.model, turns.held_out_fold
    having count(*) > 1
),

final as (
    select
        published.file as name, 'submission' as kind, turns.held_out_fold, published.score as accuracy,
        null::double as standard_error, 'published' as origin
    from published
    cross join turns
    union all
    select
        models.model as name, 'model' as kind, turns.held_out_fold,
        coalesce(named.score, estimated.accuracy) as accuracy,
        case when named.score is null then estimated.standard_error end as standard_error,
        case when named.score is null then 'estimated' else 'published' end as origin
    from models
    cross join turns
    left join estimated
        on models.model = estimated.model and turns.held_out_fold = estimated.held_out_fold
    left join named on models.model = named.model
    where coalesce(named.score, estimated.accuracy) is not null
)

select * from final
