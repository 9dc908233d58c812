-- grain: one candidate scored by one model
-- key: model, user_id, track_id
-- units: probability 0..1 that the candidate is liked; a user's probabilities sum to half the number of
--   candidates
-- nulls: none
-- partition_by: model
-- formula: give each candidate independent odds w = exp(slope (score - median) / deviation) within the user (1
--   if all scores are equal), and compute the probability of i given that exactly half of the n candidates
--   are liked. With e_k the sum of all products of k odds and P_k(i) the probability given exactly k liked,
--   P_k(i) = w_i e_(k-1) / e_k (1 - P_(k-1)(i)) (Chen, Dempster and Liu, Biometrika 81, 1994), from P_0 = 0
--   up to k = n/2. Each step multiplies earlier rounding errors by w_i e_(k-1) / e_k, which grows with k:
--   where it exceeds 1 at n/2, the recursion runs down from P_n = 1 instead, and divides by it
with

predictions as (
    select model, user_id, track_id, score
    from {{ ref('marts.predictions') }}
    {%- if partition() %}
    where model = '{{ partition() }}'
    {%- endif %}
),

user_scores as (
    select
        model,
        user_id,
        count(*) // 2 as liked_count,
        median(score) as median_score,
        list_sort(list({'track_id': track_id, 'score': score})) as candidates
    from predictions
    group by model, user_id
),

user_lists as (
    select
        model,
        user_id,
        liked_count,
        median_score,
        list_transform(candidates, lambda one: one.track_id) as track_ids,
        list_transform(candidates, lambda one: one.score) as scores,
        nullif(sqrt(list_var_pop(scores)), 0) as deviation
    from user_scores
),

log_odds as (
    select
        model,
        user_id,
        liked_count,
        track_ids,
        list_transform(
            scores,
            lambda score:
                {{ var('probabilities.slope') }} * coalesce((score - median_score) / deviation, 0)
        ) as log_odds
    from user_lists
),

-- e_0 to e_n as logarithms, which cannot overflow: candidate by candidate, e_k becomes e_k + w e_(k-1).
log_sums as (
    select
        *,
        list_reduce(
            log_odds,
            lambda e, w: list_transform(e, lambda term, k: {{ log_of_sum('term', 'w + e[k - 1]') }}),
            list_concat([0::double], list_transform(log_odds, lambda w: {{ log_of_nothing() }}))
        ) as log_sums
    from log_odds
),

log_ratios as (
    select
        model,
        user_id,
        liked_count,
        track_ids,
        log_odds,
        list_transform(log_odds, lambda w, k: log_sums[k] - log_sums[k + 1]) as log_ratios
    from log_sums
),

-- Up to k = n/2 or down to it, by the size of w e_(k-1) / e_k there.
candidate_probabilities as (
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
    from log_ratios
),

final as (
    select model, user_id, candidate.track_id, candidate.probability from candidate_probabilities
)

select * from final
