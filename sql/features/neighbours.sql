-- grain: one candidate beside which somebody rated an item of the user's history
-- key: user_id, track_id
-- units: neighbour_count counts these items; likeness and likeness_plain are sums of weights, the largest of
--   which is strongest_weight; cosine is a sum of cosines; ratings 0..100
-- nulls: none
-- formula: likeness = sum over the neighbours j of (1 + r_uj)^0.65 weight_ij; likeness_plain = sum of
--   closeness_ij; cosine = sum of support_ij / sqrt(n_i n_j)
with

histories as (
    select user_id, track_id, item_id, rating from {{ ref('features.candidate_histories') }}
),

weights as (
    select item_i, item_j, weight, closeness, support from {{ ref('features.item_weights') }}
),

counts as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

weighed as (
    select
        weights.item_i,
        weights.item_j,
        weights.weight,
        weights.closeness,
        weights.support / sqrt(one.rating_count * other.rating_count) as cosine
    from weights
    inner join counts as one on weights.item_i = one.item_id
    inner join counts as other on weights.item_j = other.item_id
),

met as (
    select
        histories.user_id, histories.track_id, histories.rating,
        weighed.weight, weighed.closeness, weighed.cosine,
        pow(1 + histories.rating, {{ var('item_neighbours.rating_power') }}) * weighed.weight as likeness
    from histories
    inner join weighed on histories.track_id = weighed.item_i and histories.item_id = weighed.item_j
),

final as (
    select
        user_id,
        track_id,
        count(*) as neighbour_count,
        sum({{ trillionths('likeness') }}) / 1e12 as likeness,
        sum({{ trillionths('closeness') }}) / 1e12 as likeness_plain,
        sum({{ trillionths('cosine') }}) / 1e12 as cosine,
        max(weight) as strongest_weight,
        sum(rating) / count(*) as neighbour_rating_mean
    from met
    group by user_id, track_id
)

select * from final
