-- grain: one candidate with a known answer
-- key: user_id, track_id
-- units: label is 1 for liked, 0 for not liked; judged_by is the file it comes from
-- nulls: none
-- formula: truth2.txt if the data set has it, else test2_new.txt
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
