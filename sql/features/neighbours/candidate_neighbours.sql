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
--   18). Tracks with more than N ratings use a sample of about N users (Schelter et al., RecSys 2012)
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

items as (
    select item_id, rating_count, {{ sampled_share('rating_count') }} as share from {{ ref('priors.items') }}
),

candidate_positions as (
    select * from positions semi join candidates on positions.item_id = candidates.track_id
),

sampled_positions as (
    select candidate_positions.*
    from candidate_positions
    inner join items on candidate_positions.item_id = items.item_id
    where {{ uniform_hash('candidate_positions.user_id', 'candidate_positions.item_id') }} < items.share
),

{{ near_buckets('sampled_positions', 'user_id, item_id, rating, position') }},

close_ratings as (
    select
        {{ pair_id('one.item_id', 'other.item_id') }} as pair_id,
        abs(one.position - other.position) as distance,
        abs(one.rating - other.rating) as rating_gap
    from positions_and_buckets as one
    inner join positions as other on one.user_id = other.user_id and one.near_bucket = other.bucket
    where abs(one.position - other.position) between 1 and {{ window }}
),

-- The same join as in `histories`: DuckDB materializes a CTE that is read twice.
needed_pairs as (
    select {{ pair_id('candidates.track_id', 'ratings.item_id') }} as pair_id
    from candidates
    inner join ratings on candidates.user_id = ratings.user_id
),

closeness as (
    select
        pair_id,
        pow(distance, -{{ var('item_neighbours.distance_power') }}) as closeness,
        pow(1 + rating_gap, -{{ var('item_neighbours.gap_power') }}) as agreement
    from close_ratings
    semi join needed_pairs on close_ratings.pair_id = needed_pairs.pair_id
),

item_pairs as (
    select
        pair_id,
        sum({{ trillionths('closeness * agreement') }}) as weight,
        sum({{ trillionths('closeness') }}) as closeness,
        count(*) as support
    from closeness
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

neighbours as (
    select
        histories.user_id, histories.track_id, histories.item_id, histories.rating,
        item_pairs.weight, item_pairs.closeness, item_pairs.support
    from histories
    inner join item_pairs on histories.pair_id = item_pairs.pair_id
),

-- Sums over a sample of users are divided by its share.
estimated as (
    select
        neighbours.user_id, neighbours.track_id, neighbours.item_id, neighbours.rating,
        neighbours.weight / 1e12 / one.share as weight,
        neighbours.closeness / 1e12 / one.share as closeness,
        least(neighbours.support / one.share, one.rating_count, other.rating_count) as both_count,
        one.rating_count + other.rating_count as either_count
    from neighbours
    inner join items as one on neighbours.track_id = one.item_id
    inner join items as other on neighbours.item_id = other.item_id
),

final as (
    select
        user_id, track_id, item_id, rating,
        weight / (either_count - both_count) as weight,
        closeness / (either_count - both_count) as closeness,
        round(both_count)::integer as support
    from estimated
)

select * from final
