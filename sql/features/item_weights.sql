-- grain: a candidate track, and an item beside it in some history that a user of the candidate rated too
-- key: item_i, item_j
-- units: support counts the users who rated both close together; weight and closeness 0..1
-- nulls: none
-- formula: weight = sum over these users of |pos_i - pos_j|^-1.1 (1 + |r_i - r_j|)^-0.2, over n_i + n_j -
--   support; closeness is the same without the ratings; n = users who rated the item, pos = the rating's
--   position in the user's history, close = at most W apart (Lai et al., KDD Cup 2011, JMLR W&CP 18). Two
--   positions at most W apart lie in the same bucket of W positions or in neighbouring ones
{% set window = var('item_neighbours.window') %}
with

positions as (
    select user_id, item_id, rating, position, position // {{ window }} as bucket
    from {{ ref('features.positions') }}
),

candidates as (
    select track_id from {{ ref('staging.candidates') }}
),

histories as (
    select track_id, item_id from {{ ref('features.candidate_histories') }}
),

counts as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

shifts as (
    select unnest([-1, 0, 1]) as shift
),

judged as (
    select * from positions semi join candidates on positions.item_id = candidates.track_id
),

around as (
    select
        positions.user_id, positions.item_id, positions.rating, positions.position,
        positions.bucket + shifts.shift as bucket
    from positions
    cross join shifts
),

pairs as (
    select
        judged.item_id as item_i,
        around.item_id as item_j,
        abs(judged.position - around.position) as distance,
        abs(judged.rating - around.rating) as rating_gap
    from judged
    inner join around on judged.user_id = around.user_id and judged.bucket = around.bucket
    where abs(judged.position - around.position) between 1 and {{ window }}
),

known as (
    select
        pairs.item_i,
        pairs.item_j,
        pow(pairs.distance, -{{ var('item_neighbours.distance_power') }}) as closeness,
        pow(1 + pairs.rating_gap, -{{ var('item_neighbours.gap_power') }}) as agreement
    from pairs
    semi join histories on pairs.item_i = histories.track_id and pairs.item_j = histories.item_id
),

summed as (
    select
        item_i,
        item_j,
        sum({{ trillionths('closeness * agreement') }}) / 1e12 as weight,
        sum({{ trillionths('closeness') }}) / 1e12 as closeness,
        count(*) as support
    from known
    group by item_i, item_j
),

final as (
    select
        summed.item_i,
        summed.item_j,
        summed.weight / (one.rating_count + other.rating_count - summed.support) as weight,
        summed.closeness / (one.rating_count + other.rating_count - summed.support) as closeness,
        summed.support
    from summed
    inner join counts as one on summed.item_i = one.item_id
    inner join counts as other on summed.item_j = other.item_id
)

select * from final
