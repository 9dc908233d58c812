-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is a sum of weights, 0 where no rated item has a weight for the track
-- nulls: none
-- needs: staging.candidates
-- materialized: table
-- formula: n_i^-1/2 sum over j rated by u of x_uj w(i,j), w by EASE, x = 1 for a like and ease.other_weight
--   for another rating; lists use the same sum without the division by popularity
-- steps: internal.contributions_neighbours
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

ratings as (
    select
        user_id,
        item_id,
        case
            when is_like then cast(1.0 as double)
            else {{ var('ease.other_weight') }}
        end as strength
    from {{ ref('staging.ratings') }}
),

histories as (
    select
        candidates.user_id,
        candidates.track_id,
        ratings.strength,
        {{ pair_id('candidates.track_id', 'ratings.item_id') }} as pair_id
    from candidates
    inner join ratings on candidates.user_id = ratings.user_id
),

weights as (
    select {{ pair_id('item_i', 'item_j') }} as pair_id, weight from {{ ref('learned.item_weights') }}
),

counts as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

summed as (
    select
        histories.user_id,
        histories.track_id,
        sum({{ trillionths('histories.strength * weights.weight') }}) / 1e12 as affinity
    from histories
    inner join weights on histories.pair_id = weights.pair_id
    group by histories.user_id, histories.track_id
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        coalesce(summed.affinity / pow(counts.rating_count, {{ var('ease.popularity_power') }}), 0.0) as score
    from candidates
    left join summed
        on candidates.user_id = summed.user_id and candidates.track_id = summed.track_id
    left join counts on candidates.track_id = counts.item_id
)

select * from final
