-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: score is a sum of weights, 0 or more
-- nulls: none
-- formula: n_i^-1/2 sum over j rated by u of (1 + r_uj)^0.65 w(i,j) / (n_i + n_j - n_both), w from how close
--   together and how similarly users rated i and j (Lai et al., KDD Cup 2011, JMLR W&CP 18); ties by the
--   model content
-- steps: internal.contributions_neighbours
-- pairs: candidates
with

content as (
    select user_id, track_id, score from {{ ref('scores.content') }}
),

neighbours as (
    select user_id, track_id, likeness from {{ ref('features.neighbours') }}
),

counts as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

final as (
    select
        content.user_id,
        content.track_id,
        coalesce(
            neighbours.likeness / pow(counts.rating_count, {{ var('item_neighbours.popularity_power') }}), 0
        )
        + {{ var('item_neighbours.content_share') }} * content.score as score
    from content
    left join neighbours
        on content.user_id = neighbours.user_id and content.track_id = neighbours.track_id
    left join counts on content.track_id = counts.item_id
)

select * from final
