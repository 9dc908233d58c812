-- grain: one candidate whose label the leaderboard knows
-- key: user_id, track_id
-- units: label 1 for liked, 0 for not; judged_by is the file that says so
-- nulls: none
-- formula: the truth where the data set has it, else the labels that learners may train on
with

truth as (
    select user_id, track_id, label, 'truth2.txt' as judged_by from {{ ref('staging.truth') }}
),

labels as (
    select user_id, track_id, label, 'test2_new.txt' as judged_by from {{ ref('staging.labels') }}
),

final as (
    select user_id, track_id, label, judged_by from truth
    union all
    select user_id, track_id, label, judged_by from labels
    where not exists (select 1 from truth)
)

select * from final
