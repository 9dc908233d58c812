-- grain: one candidate as one model sees it
-- key: model, user_id, track_id
-- units: probability 0..1 that the candidate is liked; a user's probabilities sum to half of the candidates
-- nulls: none
-- formula: take each candidate as liked or not by itself, with the odds exp(slope (score - median) / deviation)
--   within the user (1 where the scores are all equal), and ask how likely i is liked where exactly half of the
--   n are: P(i) ~ p_i P(n/2 - 1 of the others are liked). That is the law of the halves weighted by their
--   products of odds; sums over halves by the recursion of Gail, Lubin and Rubinstein, Biometrika 68, 1981,
--   here in probabilities p = odds / (1 + odds), which cannot overflow. A user's shares sum to n/2.
with

predictions as (
    select model, user_id, track_id, score from {{ ref('marts.predictions') }}
),

users as (
    select
        model,
        user_id,
        count(*) // 2 as liked_count,
        list(track_id order by track_id) as track_ids,
        list(score order by track_id) as scores
    from predictions
    group by model, user_id
),

measured as (
    select *, list_median(scores) as middle, nullif(list_stddev_pop(scores), 0) as deviation from users
),

apart as (
    select
        model,
        user_id,
        liked_count,
        track_ids,
        list_transform(
            scores,
            lambda score: 1 / (1 + exp({{ var('probabilities.slope') }} * coalesce((middle - score) / deviation, 0)))
        ) as chances
    from measured
),

shared as (
    select
        model,
        user_id,
        liked_count,
        track_ids,
        list_transform(chances, lambda own, i: own * list_reduce(
            list_filter(chances, lambda p, j: j <> i),
            lambda e, p: list_transform(e, lambda term, k: term * (1 - p) + p * coalesce(e[k - 1], 0)),
            list_resize([1::double], liked_count, 0::double)
        )[liked_count]) as shares
    from apart
),

final as (
    select
        model,
        user_id,
        unnest(track_ids) as track_id,
        unnest(list_transform(
            shares, lambda share: least(1, liked_count * share / list_sum(shares))
        )) as probability
    from shared
)

select * from final
