-- grain: one model
-- key: model
-- units: accuracy and published_accuracy are shares of candidates, auc an area, all 0..1
-- nulls: accuracy and auc without labels; published_* of a model that the paper does not have
-- formula: accuracy = share of judged candidates predicted right; auc = share of pairs of a liked and a not
--   liked candidate, over all users pooled, that the score puts in the right order (ties count half)
with

models as (
    {%- for model in models('scores') %}
    select
        '{{ model }}' as model,
        {{ var('published.' ~ model, 'null') }}::double as published_accuracy,
        {{ "true" if depends_on('scores.' ~ model, 'staging.labels') else "false" }} as is_trained_on_labels
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

predictions as (
    select model, user_id, track_id, score, predicted from {{ ref('marts.predictions') }}
),

judged as (
    select user_id, track_id, label, judged_by from {{ ref('marts.judged') }}
),

compared as (
    select
        predictions.model,
        predictions.user_id,
        predictions.predicted,
        judged.label,
        judged.judged_by,
        rank() over pooled + (count(*) over peers - 1) / 2 as pooled_rank
    from predictions
    inner join judged on predictions.user_id = judged.user_id and predictions.track_id = judged.track_id
    window
        pooled as (partition by predictions.model order by predictions.score),
        peers as (partition by predictions.model, predictions.score)
),

summed as (
    select
        model,
        any_value(judged_by) as judged_by,
        count(distinct user_id) as users,
        avg((predicted = label)::int) as accuracy,
        sum(label) as liked,
        count(*) - sum(label) as not_liked,
        sum(pooled_rank) filter (where label = 1) as liked_ranks
    from compared
    group by model
),

final as (
    select
        models.model,
        summed.accuracy,
        (summed.liked_ranks - summed.liked * (summed.liked + 1) / 2)
        / nullif(summed.liked * summed.not_liked, 0) as auc,
        coalesce(summed.users, 0) as users,
        case
            when summed.model is null then 'no labels'
            else summed.judged_by || if(models.is_trained_on_labels, ', labelled users out of fold', '')
        end as evaluated_on,
        models.published_accuracy,
        if(models.published_accuracy is null, null, 'the paper') as published_in
    from models
    left join summed on models.model = summed.model
)

select * from final order by accuracy desc, model
