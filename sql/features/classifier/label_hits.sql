-- grain: one labelled user and one model (ensembles left out), for one held-out fold (-1: none)
-- key: model, held_out_fold, user_id
-- units: hit_share is the share of the user's labelled candidates that the model predicts right, 0..1
-- nulls: none
with

scores as (
    select model, -1 as held_out_fold, user_id, track_id, score from {{ ref('features.model_scores') }}
    union all
    select model, held_out_fold, user_id, track_id, score from {{ ref('features.nested_scores') }}
),

labels as (
    select user_id, track_id, label from {{ ref('staging.labels') }}
),

priors as (
    select user_id, track_id, track_prior from {{ ref('features.candidates') }}
),

ranked as (
    select
        scores.model,
        scores.held_out_fold,
        scores.user_id,
        scores.track_id,
        {{ ranking('scores.model, scores.held_out_fold, scores.user_id') }} as rank,
        count(*) over (partition by scores.model, scores.held_out_fold, scores.user_id) as candidate_count
    from scores
    inner join priors on scores.user_id = priors.user_id and scores.track_id = priors.track_id
    where scores.user_id in (select user_id from labels)
),

final as (
    select
        ranked.model,
        ranked.held_out_fold,
        ranked.user_id,
        count(*) as label_count,
        sum(((ranked.rank <= ranked.candidate_count / 2)::int = labels.label)::int) / count(*) as hit_share
    from ranked
    inner join labels on ranked.user_id = labels.user_id and ranked.track_id = labels.track_id
    group by ranked.model, ranked.held_out_fold, ranked.user_id
)

select * from final
