-- grain: one rating of a user, beside one of the user's candidates that somebody rated close to the same item
-- key: none, the keys of what it joins have been looked at
-- units: rating 0..100; support counts, or estimates, the users who rated both items close together; weight
--   and closeness 0..1
-- nulls: none
-- materialized: temp
-- formula: weight = sum over these users of |pos_i - pos_j|^-1.1 (1 + |r_i - r_j|)^-0.2, over n_i + n_j -
--   support; closeness is the same without the ratings; n = users who rated the item, pos = the rating's
--   position in the user's history, close = at most W apart (Lai et al., KDD Cup 2011, JMLR W&CP 18). Of a
--   track that more than N people rated about N are drawn, and stand for all (Schelter et al., RecSys 2012).
--   Two positions at most W apart lie in the same bucket of W positions or in neighbouring ones
{% set window = var('item_neighbours.window') %}
with

positions as (
    select user_id, item_id, rating, position, position // {{ window }} as bucket
    from {{ ref('features.positions') }}
),

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

ratings as (
    select user_id, item_id, rating from {{ ref('staging.ratings') }}
),

counts as (
    select item_id, rating_count, {{ drawn_share('rating_count') }} as share from {{ ref('priors.items') }}
),

shifts as (
    select unnest([-1, 0, 1]) as shift
),

rated as (
    select * from positions semi join candidates on positions.item_id = candidates.track_id
),

judged as (
    select rated.user_id, rated.item_id, rated.rating, rated.position, rated.bucket + shifts.shift as bucket
    from rated
    inner join counts on rated.item_id = counts.item_id
    cross join shifts
    where {{ draw('rated.user_id', 'rated.item_id') }} < counts.share
),

pairs as (
    select
        {{ pair_id('judged.item_id', 'positions.item_id') }} as pair_id,
        abs(judged.position - positions.position) as distance,
        abs(judged.rating - positions.rating) as rating_gap
    from judged
    inner join positions on judged.user_id = positions.user_id and judged.bucket = positions.bucket
    where abs(judged.position - positions.position) between 1 and {{ window }}
),

-- The pairs of histories, by a query of their own: DuckDB would keep all rows of one that is read twice.
wanted as (
    select {{ pair_id('candidates.track_id', 'ratings.item_id') }} as pair_id
    from candidates
    inner join ratings on candidates.user_id = ratings.user_id
),

known as (
    select
        pair_id,
        pow(distance, -{{ var('item_neighbours.distance_power') }}) as closeness,
        pow(1 + rating_gap, -{{ var('item_neighbours.gap_power') }}) as agreement
    from pairs
    semi join wanted on pairs.pair_id = wanted.pair_id
),

summed as (
    select
        pair_id,
        sum({{ trillionths('closeness * agreement') }}) as weight,
        sum({{ trillionths('closeness') }}) as closeness,
        count(*) as support
    from known
    group by pair_id
),

histories as (
    select
        candidates.user_id,
        candidates.track_id,
        ratings.item_id,
        ratings.rating,
        {{ pair_id('candidates.track_id', 'ratings.item_id') }} as pair_id
    from candidates
    inner join ratings on candidates.user_id = ratings.user_id
),

met as (
    select
        histories.user_id, histories.track_id, histories.item_id, histories.rating,
        summed.weight, summed.closeness, summed.support
    from histories
    inner join summed on histories.pair_id = summed.pair_id
),

counted as (
    select
        met.user_id, met.track_id, met.item_id, met.rating,
        met.weight / 1e12 / one.share as weight,
        met.closeness / 1e12 / one.share as closeness,
        least(met.support / one.share, one.rating_count, other.rating_count) as both_count,
        one.rating_count + other.rating_count as either_count
    from met
    inner join counts as one on met.track_id = one.item_id
    inner join counts as other on met.item_id = other.item_id
),

final as (
    select
        user_id, track_id, item_id, rating,
        weight / (either_count - both_count) as weight,
        closeness / (either_count - both_count) as closeness,
        round(both_count)::integer as support
    from counted
)

select * from final
