-- grain: one candidate with at least one neighbour in the user's history
-- key: user_id, track_id
-- units: neighbour_count is the number of neighbours; likeness and likeness_plain are sums of weights,
--   strongest_weight the largest of them; cosine is a sum of cosines; ratings 0..100
-- nulls: none
-- formula: likeness = sum over the neighbours j of (1 + r_uj)^0.65 weight_ij; likeness_plain = sum of
--   closeness_ij; cosine = sum of support_ij / sqrt(n_i n_j)
with

neighbours as (
    select user_id, track_id, item_id, rating, weight, closeness, support
    from {{ ref('features.candidate_neighbours') }}
),

counts as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

weighted as (
    select
        neighbours.user_id,
        neighbours.track_id,
        neighbours.rating,
        neighbours.weight,
        neighbours.closeness,
        neighbours.support / sqrt(one.rating_count * other.rating_count) as cosine,
        pow(1 + neighbours.rating, {{ var('item_neighbours.rating_power') }}) * neighbours.weight as likeness
    from neighbours
    inner join counts as one on neighbours.track_id = one.item_id
    inner join counts as other on neighbours.item_id = other.item_id
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
    from weighted
    group by user_id, track_id
)

select * from final
