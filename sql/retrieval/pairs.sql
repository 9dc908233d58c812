-- grain: a user, and one of the tracks that the model asked for is to score
-- key: user_id, track_id
-- units: position as in retrieval.candidates
-- nulls: none
-- formula: all that is retrieved, or, for a model that takes more time over each, what goes best with what
--   the user rated
with

candidates as (
    select user_id, track_id, position from {{ ref('retrieval.candidates') }}
),

affinities as (
    select user_id, track_id, score from {{ ref('retrieval.scores_affinity') }}
),

request as (
    select k, is_short from {{ ref('retrieval.request') }}
),

placed as (
    select
        candidates.user_id,
        candidates.track_id,
        candidates.position,
        row_number() over (
            partition by candidates.user_id order by affinities.score desc, candidates.track_id
        ) as place
    from candidates
    inner join affinities
        on candidates.user_id = affinities.user_id and candidates.track_id = affinities.track_id
),

final as (
    select placed.user_id, placed.track_id, placed.position
    from placed
    cross join request
    where
        not request.is_short
        or placed.place <= greatest(request.k, {{ var('catalogue_ranker.candidates') }})
)

select * from final
