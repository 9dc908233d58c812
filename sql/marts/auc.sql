-- grain: one model that some candidate judges
-- key: model
-- units: areas under the ROC curve, 0..1
-- nulls: auc, probability_auc where all judged candidates are liked, or none
-- partition_by: model
-- formula: auc = share of pairs of a liked and a not liked candidate, over all users pooled, that the
--   score puts in the right order (ties count half); probability_auc = the same of the probabilities
--   given that half of a user's candidates are liked
{% set unseen = (leaky_models(), ref('staging.labels')) %}
with

predictions as (
    select model, user_id, track_id, score from {{ ref('marts.predictions') }}
),

probabilities as (
    select model, user_id, track_id, probability from {{ ref('marts.probabilities') }}
),

judged as (
    select user_id, track_id, label from {{ ref('marts.ground_truth') }}
),

score_areas as (
    {{ pooled_auc(models('scores'), 'predictions', 'score', 'judged', *unseen) }}
),

probability_areas as (
    {{ pooled_auc(models('scores'), 'probabilities', 'probability', 'judged', *unseen) }}
),

final as (
    select score_areas.model, score_areas.auc, probability_areas.auc as probability_auc
    from score_areas
    inner join probability_areas on score_areas.model = probability_areas.model
)

select * from final
