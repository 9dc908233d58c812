-- grain: one data quality check whose findings are counted, not refused
-- key: check
-- units: count of ids, or of pairs of user and track
-- nulls: example where the count is 0
with

final as (
    select "check", "count", example from {{ ref('marts.hierarchy_checks') }}
    union all
    select "check", "count", example from {{ ref('marts.user_checks') }}
)

select * from final
