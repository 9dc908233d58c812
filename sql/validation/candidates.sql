-- grain: one validation candidate
-- key: user_id, track_id
-- rows: validation.labels
-- units: position numbers the candidates from 1, user by user
-- nulls: none
with

labels as (
    select user_id, track_id from {{ ref('validation.labels') }}
),

final as (
    select user_id, track_id, row_number() over (order by user_id, track_id) as position from labels
)

select * from final
