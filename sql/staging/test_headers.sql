-- grain: one test user
-- key: user_id
-- units: line is the header's line number, candidate_count the number of candidates that the header states
-- nulls: none
-- materialized: temp
{% set lines = '(select rowid + 1 as line, header from ' ~ ref('staging.test_lines') ~ ')' %}
{{ group_headers(lines) }},

final as (
    select
        line,
        ordinal,
        user_id,
        {{ require(
            'found_count = line_count and line_count % 2 = 0 and (ordinal > 1 or line = 1)',
            'line_count', 'wrong count'
        ) }} as candidate_count
    from measured
)

select * from final
