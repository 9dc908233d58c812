-- grain: one of the user's best tracks
-- key: user_id, track_id
-- units: rank counts from 1, the best; score is that of the model asked for
-- nulls: none
-- formula: the ranking rule over all that was retrieved
with

scores as (
    select user_id, track_id, score from {{ ref('retrieval.scores') }}
),

items as (
    select item_id, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

request as (
    select k from {{ ref('retrieval.request') }}
),

tracks as (
    select distinct track_id from scores
),

priors as (
    select tracks.track_id, coalesce(items.bayes_mean, overall.rating_mean) as track_prior
    from tracks
    left join items on tracks.track_id = items.item_id
    cross join overall
),

ranked as (
    select scores.user_id, scores.track_id, scores.score, {{ ranking('scores.user_id') }} as rank
    from scores
    inner join priors on scores.track_id = priors.track_id
),

final as (
    select ranked.user_id, ranked.track_id, ranked.rank, ranked.score
    from ranked
    cross join request
    where ranked.rank <= request.k
)

select * from final
