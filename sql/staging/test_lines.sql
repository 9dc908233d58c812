-- grain: one line of the test file
-- units: header is the text of a line UserId|count
-- nulls: track_id of a header, header of a candidate
-- materialized: temp
with

lines as (
    select line from {{ read_lines(source('test')) }}
),

final as (
    select
        case when not contains(line, '|') then {{ strict_integer('line') }} end as track_id,
        case when contains(line, '|') then line end as header
    from lines
)

select * from final
