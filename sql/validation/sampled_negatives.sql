-- grain: one sampled negative of a validation user
-- key: user_id, track_id
-- units: ids only
-- nulls: none
-- formula: the user's first draws that are neither rated by the user nor among the user's candidates; users
--   with fewer than validation.held_out of them are left out
with

draws as (
    select user_id, track_id, turn from {{ ref('validation.negative_draws') }}
),

users as (
    select user_id from {{ ref('validation.users') }}
),

ratings as (
    select ratings.user_id, ratings.item_id
    from {{ ref('staging.ratings') }} as ratings
    semi join users on ratings.user_id = users.user_id
),

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

unrated as (
    select draws.user_id, draws.track_id, draws.turn
    from draws
    anti join ratings on draws.user_id = ratings.user_id and draws.track_id = ratings.item_id
    anti join candidates on draws.user_id = candidates.user_id and draws.track_id = candidates.track_id
),

placed as (
    select
        user_id,
        track_id,
        row_number() over (partition by user_id order by turn) as place,
        count(*) over (partition by user_id) as found
    from unrated
),

final as (
    select user_id, track_id
    from placed
    where place <= {{ var('validation.held_out') }} and found >= {{ var('validation.held_out') }}
)

select * from final
