-- grain: one model with at least one candidate of known answer
-- key: model
-- units: areas under the ROC curve, 0..1
-- nulls: auc, probability_auc where the candidates with known answers are all liked, or all not liked
-- partition_by: model
-- formula: auc = share of pairs of a liked and a not liked candidate, pooled over users, that the score
--   orders correctly (ties count half); probability_auc = the same for the probabilities given that half of
--   a user's candidates are liked
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

score_aucs as (
    {{ pooled_auc(models('scores'), 'predictions', 'score', 'judged', *unseen) }}
),

probability_aucs as (
    {{ pooled_auc(models('scores'), 'probabilities', 'probability', 'judged', *unseen) }}
),

final as (
    select score_aucs.model, score_aucs.auc, probability_aucs.auc as probability_auc
    from score_aucs
    inner join probability_aucs on score_aucs.model = probability_aucs.model
)

select * from final
