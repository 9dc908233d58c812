-- grain: an item and a track that many users like close to it in their histories
-- key: item_i, item_j
-- units: item_i is the track, item_j the rated item; weight 0..1; support is the number of users who rated
--   both (estimated where users are sampled)
-- nulls: none
-- formula: weight = sum over the users who like i and rated j of |pos_i - pos_j|^-1.1 (1 + |r_i - r_j|)^-0.2
--   / (n_i + n_j - support), with positions and samples as in features.candidate_neighbours, over all
--   tracks; the recommend.kept_weights strongest of each item are kept, ties by item_i
{% set window = var('item_neighbours.window') %}
with

positions as (
    select user_id, item_id, rating, is_like, position, position // {{ window }} as bucket
    from {{ ref('features.positions') }}
    where rating >= {{ var('recommend.heard') }}
),

tracks as (
    select track_id from {{ ref('staging.tracks') }}
),

counts as (
    select item_id, rating_count, {{ sampled_share('rating_count') }} as share from {{ ref('priors.items') }}
),

shifts as (
    select unnest([-1, 0, 1]) as shift
),

liked as (
    select positions.user_id, positions.item_id, positions.rating, positions.position, positions.bucket
    from positions
    inner join tracks on positions.item_id = tracks.track_id
    inner join counts on positions.item_id = counts.item_id
    where
        positions.is_like
        and {{ uniform_hash('positions.user_id', 'positions.item_id') }} < counts.share
),

around as (
    select
        liked.user_id, liked.item_id, liked.rating, liked.position, liked.bucket + shifts.shift as bucket
    from liked
    cross join shifts
),

summed as (
    select
        around.item_id as item_i,
        positions.item_id as item_j,
        sum({{ trillionths(
            'pow(abs(around.position - positions.position), -' ~ var('item_neighbours.distance_power')
            ~ ') * pow(1 + abs(around.rating - positions.rating), -' ~ var('item_neighbours.gap_power') ~ ')'
        ) }}) / 1e12 as weight,
        count(*) as support
    from around
    inner join positions on around.user_id = positions.user_id and around.bucket = positions.bucket
    where abs(around.position - positions.position) between 1 and {{ window }}
    group by around.item_id, positions.item_id
),

counted as (
    select
        summed.item_i,
        summed.item_j,
        summed.weight / one.share as weight,
        least(summed.support / one.share, one.rating_count, other.rating_count) as both_count,
        one.rating_count + other.rating_count as either_count
    from summed
    inner join counts as one on summed.item_i = one.item_id
    inner join counts as other on summed.item_j = other.item_id
),

weighted as (
    select
        item_i, item_j, weight / (either_count - both_count) as weight, round(both_count)::integer as support
    from counted
),

final as (
    select item_i, item_j, weight, support
    from weighted
    qualify row_number() over (partition by item_j order by weight desc, item_i)
        <= {{ var('recommend.kept_weights') }}
)

select * from final
