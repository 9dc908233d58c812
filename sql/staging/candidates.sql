-- grain: one candidate
-- key: user_id, track_id
-- units: position counts the candidates of the test file from 1, in the order of its lines
-- nulls: none
with

headers as (
    select user_id, candidate_count from {{ ref('staging.test_headers') }} order by line
),

entries as (
    select rowid as line, track_id from {{ ref('staging.test_lines') }} where header is null
),

owners as (
    select unnest(repeat([user_id], candidate_count)) as user_id from headers
),

numbered as (
    select track_id, row_number() over (order by line) as position from entries order by line
),

final as (
    select owners.user_id, numbered.track_id, numbered.position
    from owners positional join numbered
)

select * from final
