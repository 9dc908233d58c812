-- grain: a model and a tenth of its probabilities
-- key: model, tenth
-- units: tenth n holds probabilities from n / 10; probability is their mean, liked_share and its bounds are
--   shares of these candidates, all 0..1
-- nulls: none
-- formula: Wilson's 95 % bounds (JASA 22, 1927), (p + z^2/2n -+ z sqrt(p (1 - p) / n + z^2/4n^2)) / (1 +
--   z^2/n), with candidates taken as independent
{% set z = var('accuracy_intervals.deviations') %}
with

probabilities as (
    select model, user_id, track_id, probability from {{ ref('marts.probabilities') }}
),

judged as (
    select user_id, track_id, label from {{ ref('marts.ground_truth') }}
),

compared as (
    select
        probabilities.model,
        least(floor(10 * probabilities.probability), 9)::integer as tenth,
        probabilities.user_id,
        probabilities.track_id,
        probabilities.probability,
        judged.label
    from probabilities
    inner join judged
        on probabilities.user_id = judged.user_id and probabilities.track_id = judged.track_id
    where
        {{ is_unseen('probabilities', leaky_models(), ref('staging.labels')) if leaky_models() else 'true' }}
),

summed as (
    select
        model,
        tenth,
        count(*) as candidates,
        sum({{ trillionths('probability') }}) / 1e12 / count(*) as probability,
        sum(label) / count(*) as liked_share
    from compared
    group by model, tenth
),

spread as (
    select
        *,
        {{ z }} * sqrt(liked_share * (1 - liked_share) / candidates + pow({{ z }} / (2 * candidates), 2))
            as half_width,
        pow({{ z }}, 2) / candidates as correction
    from summed
),

final as (
    select
        model,
        tenth,
        candidates,
        probability,
        liked_share,
        (liked_share + correction / 2 - half_width) / (1 + correction) as liked_low,
        (liked_share + correction / 2 + half_width) / (1 + correction) as liked_high
    from spread
)

select * from final order by model, tenth
