-- grain: one user with candidates that the two models predict differently
-- arguments: one_model, other_model
-- units: candidates is the number of such candidates
-- nulls: none
with

first as (
    select user_id, track_id, predicted from {{ ref('marts.predictions') }} where model = one_model
),

second as (
    select user_id, track_id, predicted from {{ ref('marts.predictions') }} where model = other_model
),

final as (
    select first.user_id, count(*) as candidates
    from first
    inner join second on first.user_id = second.user_id and first.track_id = second.track_id
    where
        first.predicted <> second.predicted
        and {{ is_model('one_model', ref('marts.leaderboard')) }}
        and {{ is_model('other_model', ref('marts.leaderboard')) }}
    group by first.user_id
)

select * from final order by user_id
