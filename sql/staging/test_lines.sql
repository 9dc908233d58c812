-- grain: one line of the test file
-- key: none, lines have no key
-- units: header is the text of a line UserId|count
-- nulls: track_id of a header; header of a candidate
-- materialized: temp
{% if has_source('test') -%}
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
{%- else -%}
with

final as (
    select null::integer as track_id, null::varchar as header where false
)
{%- endif %}

select * from final
