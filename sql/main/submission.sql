-- grain: one candidate, in the order of the test file
-- arguments: model
-- units: TrackID is user_track, by the ids of the data's owner; Predictor is 1 for the first half of a
--   user's candidates and 0 for the rest
-- nulls: none
with

predictions as (
    select p.user_id, p.track_id, p.predicted from {{ ref('marts.predictions') }} as p where p.model = model
),

candidates as (
    select user_id, track_id, position from {{ ref('staging.candidates') }}
),

users as (
    select user_id, original_id from {{ ref('staging.users') }}
),

items as (
    select item_id, original_id from {{ ref('staging.items') }}
),

final as (
    select
        concat(
            coalesce(users.original_id, candidates.user_id::varchar),
            '_',
            coalesce(items.original_id, candidates.track_id::varchar)
        ) as "TrackID",
        predictions.predicted as "Predictor"
    from candidates
    left join users on candidates.user_id = users.user_id
    left join items on candidates.track_id = items.item_id
    left join predictions
        on candidates.user_id = predictions.user_id and candidates.track_id = predictions.track_id
    where {{ is_model('model', ref('marts.leaderboard')) }}
    order by candidates.position
)

select * from final
