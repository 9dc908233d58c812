-- grain: one user who gets a list
-- key: user_id
-- units: ids alone
-- nulls: none
-- incremental: by user_id
with

interactions as (
    select user_id from {{ ref('lists.interactions') }}
),

candidates as (
    select user_id from {{ ref('staging.candidates') }}
),

final as (
    select user_id from interactions
    union
    select user_id from candidates
)

select * from final
