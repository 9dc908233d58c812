-- grain: one candidate as one model sees it
-- key: model, user_id, track_id
-- units: probability 0..1 that the candidate is liked; a user's probabilities sum to half of the candidates
-- nulls: none
-- formula: exactly half of a user's n candidates are liked; a half H is the liked one with probability
--   proportional to the product of its odds, w_i = exp(slope z_i), z the score standardised within the user
--   (mean 0, standard deviation 1; all 0 where the scores are equal). Summed over the halves that contain i:
--   P(i) = w_i e_{n/2-1}(odds of the others) / e_{n/2}(all odds), e_k the elementary symmetric polynomial
--   of degree k, by the recursion of Gail, Lubin and Rubinstein, Biometrika 68, 1981: e_k grows by
--   w e_{k-1} with each odds w. The share that the code computes is the numerator; those of a user sum to
--   n/2 times the denominator.
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
    select *, list_avg(scores) as mean, nullif(list_stddev_pop(scores), 0) as deviation from users
),

weighed as (
    select
        model,
        user_id,
        liked_count,
        track_ids,
        list_transform(
            scores, lambda score: exp({{ var('probabilities.slope') }} * coalesce((score - mean) / deviation, 0))
        ) as odds
    from measured
),

shared as (
    select
        model,
        user_id,
        liked_count,
        track_ids,
        list_transform(odds, lambda own, i: own * list_reduce(
            list_filter(odds, lambda w, j: j <> i),
            lambda e, w: list_transform(e, lambda term, k: term + w * coalesce(e[k - 1], 0)),
            list_resize([1::double], liked_count, 0::double)
        )[liked_count]) as shares
    from weighed
),

final as (
    select
        model,
        user_id,
        unnest(track_ids) as track_id,
        unnest(list_transform(shares, lambda share: liked_count * share / list_sum(shares))) as probability
    from shared
)

select * from final
