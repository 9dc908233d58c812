-- grain: one level of a candidate on which the track has an item
-- key: user_id, track_id, level
-- units: score on the scale 0..100, not clipped to it; source is 'als', 'prior' or 'global'
-- nulls: none
-- formula: mean of the predictions for the level's items (a track can have several genres), else the mean of
--   their priors, else M; summed in the order of item_id, so that the result does not depend on the number
--   of threads
{% set als_chain = [
    ('als', 'averaged.als_mean'), ('prior', 'averaged.prior_mean'), ('global', 'overall.overall_mean'),
] %}
with

pairs as (
    select user_id, track_id, level, item_id from {{ ref('features.als_pairs') }}
),

predictions as (
    select user_id, track_id, level, item_id, prediction from {{ ref('features.als_predictions') }}
),

priors as (
    select item_id, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean as overall_mean from {{ ref('priors.overall') }}
),

averaged as (
    select
        pairs.user_id,
        pairs.track_id,
        pairs.level,
        avg(predictions.prediction order by pairs.item_id) as als_mean,
        avg(priors.bayes_mean order by pairs.item_id) as prior_mean
    from pairs
    left join predictions
        on pairs.user_id = predictions.user_id
            and pairs.track_id = predictions.track_id
            and pairs.level = predictions.level
            and pairs.item_id = predictions.item_id
    left join priors on pairs.item_id = priors.item_id
    group by pairs.user_id, pairs.track_id, pairs.level
),

final as (
    select
        averaged.user_id,
        averaged.track_id,
        averaged.level,
        {{ fallback_columns('als', als_chain) }}
    from averaged
    cross join overall
)

select * from final
