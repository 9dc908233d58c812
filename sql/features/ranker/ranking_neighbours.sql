-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: similarities of 0 and more; neighbour_rating_mean 0..100
-- nulls: strongest_weight, neighbour_rating_mean where the user's history has no neighbour of the track
-- formula: similarity of the track to the user's history, with and without ratings, with and without the
--   popularity penalty n_i^-1/2 (group IK of Xie et al., KDD Cup 2011)
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

neighbours as (
    select
        user_id, track_id, neighbour_count, likeness, likeness_plain, cosine, strongest_weight,
        neighbour_rating_mean
    from {{ ref('features.neighbours') }}
),

counts as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        coalesce(neighbours.neighbour_count, 0) as neighbour_count,
        neighbours.neighbour_rating_mean,
        neighbours.strongest_weight,
        coalesce(neighbours.likeness, 0) as likeness,
        coalesce(neighbours.likeness / sqrt(counts.rating_count), 0) as likeness_penalised,
        coalesce(neighbours.likeness_plain / sqrt(counts.rating_count), 0) as likeness_plain,
        coalesce(neighbours.cosine, 0) as cosine
    from candidates
    left join neighbours
        on candidates.user_id = neighbours.user_id and candidates.track_id = neighbours.track_id
    left join counts on candidates.track_id = counts.item_id
)

select * from final
