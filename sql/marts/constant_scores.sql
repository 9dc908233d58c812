-- grain: one model that gives all candidates of a user the same score, for every user (such as heuristics on
--   data without albums)
-- key: model
-- units: user_count is the number of users with at least two candidates
-- nulls: none
with

predictions as (
    select model, user_id, score from {{ ref('marts.predictions') }}
),

spreads as (
    select model, user_id, max(score) - min(score) as spread
    from predictions
    group by model, user_id
    having count(*) > 1
),

final as (
    select model, count(*) as user_count from spreads group by model having max(spread) = 0
)

select * from final
