-- grain: one check that real data has, and that is counted instead of refused
-- key: check
-- units: count of ids, or of pairs of user and track
-- nulls: example where there is none
with

final as (
    select "check", "count", example from {{ ref('marts.hierarchy_checks') }}
    union all
    select "check", "count", example from {{ ref('marts.user_checks') }}
)

select * from final
