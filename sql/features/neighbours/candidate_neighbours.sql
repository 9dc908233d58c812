-- grain: a candidate and one rating by its user of an item that other users rated close to the candidate's
--   track
-- key: none, inherits the checked keys of its inputs
-- units: rating 0..100; support is the number of users who rated both items close together (estimated where
--   users are sampled); weight and closeness 0..1
-- nulls: none
-- materialized: temp
-- formula: weight = sum over these users of |pos_i - pos_j|^-1.1 (1 + |r_i - r_j|)^-0.2 / (n_i + n_j -
--   support); closeness is the same without the ratings; n = number of users who rated the item, pos =
--   position in the user's history, close = at most W positions apart (Lai et al., KDD Cup 2011, JMLR W&CP
--   18). Tracks with more than N ratings use a sample of about N users (Schelter et al., RecSys 2012).
--   Positions at most W apart lie in the same bucket of W positions or in adjacent ones
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
    select item_id, rating_count, {{ sampled_share('rating_count') }} as share from {{ ref('priors.items') }}
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
    where {{ uniform_hash('rated.user_id', 'rated.item_id') }} < counts.share
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

-- The pairs of histories in a subquery: DuckDB materializes a CTE that is read twice.
candidate_pairs as (
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
    semi join candidate_pairs on pairs.pair_id = candidate_pairs.pair_id
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
