-- grain: one user some of whose candidates two models predict differently
-- arguments: one_model, other_model
-- units: candidates counts those
-- nulls: none
with

ones as (
    select user_id, track_id, predicted from {{ ref('marts.predictions') }} where model = one_model
),

others as (
    select user_id, track_id, predicted from {{ ref('marts.predictions') }} where model = other_model
),

final as (
    select ones.user_id, count(*) as candidates
    from ones
    inner join others on ones.user_id = others.user_id and ones.track_id = others.track_id
    where
        ones.predicted <> others.predicted
        and {{ is_model('one_model', ref('marts.leaderboard')) }}
        and {{ is_model('other_model', ref('marts.leaderboard')) }}
    group by ones.user_id
)

select * from final order by user_id
