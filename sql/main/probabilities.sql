-- grain: one candidate, in the order of the test file
-- arguments: model
-- units: probability 0..1 that the candidate is liked, given that exactly half of the user's candidates are
--   liked
-- nulls: none
with

probabilities as (
    select p.user_id, p.track_id, p.probability
    from {{ ref('marts.probabilities') }} as p
    where p.model = model
),

candidates as (
    select user_id, track_id, position from {{ ref('staging.candidates') }}
),

final as (
    select candidates.user_id, candidates.track_id, probabilities.probability
    from candidates
    left join probabilities
        on candidates.user_id = probabilities.user_id and candidates.track_id = probabilities.track_id
    where {{ is_model('model', ref('marts.leaderboard')) }}
    order by candidates.position
)

select * from final
