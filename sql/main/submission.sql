-- grain: one candidate, in the order of the test file
-- arguments: model
-- units: TrackID is user_track; Predictor is 1 for the first half of a user's candidates and 0 for the rest
-- nulls: none
with

predictions as (
    select p.user_id, p.track_id, p.predicted from {{ ref('marts.predictions') }} as p where p.model = model
),

candidates as (
    select user_id, track_id, position from {{ ref('staging.candidates') }}
),

final as (
    select candidates.user_id || '_' || candidates.track_id as "TrackID", predictions.predicted as "Predictor"
    from candidates
    left join predictions
        on candidates.user_id = predictions.user_id and candidates.track_id = predictions.track_id
    where {{ is_model('model', ref('marts.leaderboard')) }}
    order by candidates.position
)

select * from final
