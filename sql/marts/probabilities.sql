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

standardised as (
    select
        model,
        user_id,
        track_id,
        if(
            min(score) over users = max(score) over users,
            0,
            (score - avg(score) over users) / stddev_pop(score) over users
        ) as z
    from predictions
    window users as (
        partition by model, user_id order by track_id
        rows between unbounded preceding and unbounded following
    )
),

users as (
    select
        model,
        user_id,
        list(track_id order by track_id) as track_ids,
        list(exp({{ var('probabilities.slope') }} * z) order by track_id) as odds,
        count(*) // 2 as liked_count
    from standardised
    group by model, user_id
),

candidates as (
    select
        model,
        user_id,
        odds,
        liked_count,
        unnest(track_ids) as track_id,
        unnest(range(1, len(odds) + 1)) as ordinal
    from users
),

shares as (
    select
        model,
        user_id,
        track_id,
        liked_count,
        odds[ordinal] * list_reduce(
            list_filter(odds, lambda w, j: j <> ordinal),
            lambda e, w: list_transform(e, lambda term, k: term + w * coalesce(e[k - 1], 0)),
            list_resize([1::double], liked_count, 0::double)
        )[liked_count] as share
    from candidates
),

final as (
    select
        model,
        user_id,
        track_id,
        liked_count * share
        / sum(share) over (
            partition by model, user_id order by track_id
            rows between unbounded preceding and unbounded following
        ) as probability
    from shares
)

select * from final
