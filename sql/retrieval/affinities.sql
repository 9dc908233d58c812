-- grain: a user, and one of the tracks that go best with what the user rated
-- key: user_id, track_id
-- units: affinity is a sum of weights, comparable within a user
-- nulls: none
-- formula: sum over the items j that the user rated of their strength times w(track, j), with no penalty for
--   popular tracks: a list for the user need not be neutral to popularity
with

ratings as (
    select user_id, item_id, rating from {{ ref('retrieval.ratings') }}
),

weights as (
    select item_i, item_j, weight from {{ ref('features.retrieval_weights') }}
),

request as (
    select includes_rated from {{ ref('retrieval.request') }}
),

heard as (
    select user_id, item_id, strength from {{ ref('retrieval.strengths') }}
),

summed as (
    select
        heard.user_id,
        weights.item_i as track_id,
        sum({{ trillionths('heard.strength * weights.weight') }}) / 1e12 as affinity
    from heard
    inner join weights on heard.item_id = weights.item_j
    group by heard.user_id, weights.item_i
),

unrated as (
    select summed.user_id, summed.track_id, summed.affinity
    from summed
    left join ratings on summed.user_id = ratings.user_id and summed.track_id = ratings.item_id
    cross join request
    where ratings.item_id is null or request.includes_rated
),

final as (
    select user_id, track_id, affinity
    from unrated
    qualify row_number() over (partition by user_id order by affinity desc, track_id)
        <= {{ var('recommend.neighbours') }}
)

select * from final
