-- lists: item_weights weighting=grades
-- grain: an item that was rated, and an item that is liked close to it in many histories
-- key: item_j, item_i
-- units: item_j is in the history, item_i is recommended; weight 0..1
-- nulls: none
-- ordered: user
-- formula: weight = sum over the users who liked i and rated j of |pos_i - pos_j|^-1.1 (1 + |r_i - r_j|)^-0.2,
--   over n_i + n_j - support; support estimates the users who rated both close together, at most W positions
--   apart (Lai et al., KDD Cup 2011, JMLR W&CP 18). Users of an item that many rated are sampled
--   (Schelter et al., RecSys 2012). Two positions at most W apart are in one bucket of W positions or in
--   adjacent ones. Of each item_j the largest weights are kept, ties by item_i
{% set window = var('item_neighbours.window') %}
with

positions as (
    select
        user_id,
        item_id,
        cast(rating as integer) as rating,
        is_like,
        cast(row_number() over (partition by user_id order by seq, item_id) - 1 as integer) as position
    from {{ ref('lists.interactions') }}
),

ordered as (
    select *, position // {{ window }} as bucket
    from positions
    where rating >= {{ var('recommend.heard') }}
),

items as (
    select item_id from {{ ref('lists.items') }}
),

counts as (
    select item_id, count(*) as rating_count, {{ sampled_share('count(*)') }} as share
    from {{ ref('lists.interactions') }}
    group by item_id
),

shifts as (
    select unnest([-1, 0, 1]) as shift
),

liked as (
    select ordered.user_id, ordered.item_id, ordered.rating, ordered.position, ordered.bucket
    from ordered
    inner join items on ordered.item_id = items.item_id
    inner join counts on ordered.item_id = counts.item_id
    where ordered.is_like and {{ uniform_hash('ordered.user_id', 'ordered.item_id') }} < counts.share
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
        ordered.item_id as item_j,
        sum({{ trillionths(
            'pow(abs(around.position - ordered.position), -' ~ var('item_neighbours.distance_power')
            ~ ') * pow(1 + abs(around.rating - ordered.rating), -' ~ var('item_neighbours.gap_power') ~ ')'
        ) }}) / 1e12 as weight,
        count(*) as support
    from around
    inner join ordered on around.user_id = ordered.user_id and around.bucket = ordered.bucket
    where abs(around.position - ordered.position) between 1 and {{ window }}
    group by around.item_id, ordered.item_id
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
    select item_j, item_i, weight / (either_count - both_count) as weight from counted
),

final as (
    select item_j, item_i, weight
    from weighted
    qualify row_number() over (partition by item_j order by weight desc, item_i) <= {{ var('lists.neighbours') }}
)

select * from final order by item_j, weight desc, item_i
