-- grain: one candidate scored by one model
-- key: model, user_id, track_id
-- units: probability 0..1 that the candidate is liked; a user's probabilities sum to half the number of
--   candidates
-- nulls: none
-- partition_by: model
-- formula: give each candidate independent odds of being liked, w = exp(slope (score - median) / deviation)
--   within the user (1 if all scores are equal), and compute the probability of i given that exactly half of
--   the n are liked. With e_k the sum of all products of k odds and P_k(i) the probability given exactly k
--   liked, P_k(i) = w_i e_(k-1) / e_k (1 - P_(k-1)(i)) (Chen, Dempster and Liu, Biometrika 81, 1994), from
--   P_0 = 0 up to k = n/2. Each step multiplies earlier rounding errors by w_i e_(k-1) / e_k, which grows
--   with k: where it exceeds 1 at n/2, the recursion runs down from P_n = 1 instead, and divides by it. The
--   e_k are kept as logarithms, which cannot overflow, and take n^2 steps per user.
with

predictions as (
    select model, user_id, track_id, score
    from {{ ref('marts.predictions') }}
    {%- if partition() %}
    where model = '{{ partition() }}'
    {%- endif %}
),

users as (
    select
        model,
        user_id,
        count(*) // 2 as liked_count,
        median(score) as middle,
        list_sort(list({'track_id': track_id, 'score': score})) as candidates
    from predictions
    group by model, user_id
),

listed as (
    select
        model,
        user_id,
        liked_count,
        middle,
        list_transform(candidates, lambda one: one.track_id) as track_ids,
        list_transform(candidates, lambda one: one.score) as scores
    from users
),

spread as (
    select *, nullif(sqrt(list_var_pop(scores)), 0) as deviation from listed
),

weighted as (
    select
        model,
        user_id,
        liked_count,
        track_ids,
        list_transform(
            scores,
            lambda score: {{ var('probabilities.slope') }} * coalesce((score - middle) / deviation, 0)
        ) as log_odds
    from spread
),

summed as (
    select
        *,
        list_reduce(
            log_odds,
            lambda e, w: list_transform(e, lambda term, k: {{ log_of_sum('term', 'w + e[k - 1]') }}),
            list_concat([0::double], list_transform(log_odds, lambda w: {{ log_of_nothing() }}))
        ) as log_sums
    from weighted
),

compared as (
    select
        model,
        user_id,
        liked_count,
        track_ids,
        log_odds,
        list_transform(log_odds, lambda w, k: log_sums[k] - log_sums[k + 1]) as log_ratios
    from summed
),

judged as (
    select
        model,
        user_id,
        unnest(list_transform(log_odds, lambda w, k: {'track_id': track_ids[k], 'probability': case
            when w + log_ratios[liked_count] <= 0
                then list_reduce(
                    log_ratios[1:liked_count], lambda p, ratio: exp(w + ratio) * (1 - p), 0::double
                )
            else list_reduce(
                list_reverse(log_ratios[liked_count + 1:]), lambda p, ratio: 1 - p * exp(-w - ratio), 1::double
            )
        end})) as candidate
    from compared
),

final as (
    select model, user_id, candidate.track_id, candidate.probability from judged
)

select * from final
