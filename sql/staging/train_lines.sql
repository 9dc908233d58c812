-- grain: one line of the training file
-- key: none, a line is told by its place
-- units: rating 0..100; header is the text of a line UserId|count
-- nulls: item_id, rating of a header and of what is no number; header of a rating
-- materialized: temp
{% if has_source('train') -%}
with

lines as (
    select first, second from {{ read_pairs(source('train')) }}
),

final as (
    select
        {{ number_or_null('first', 'integer') }} as item_id,
        {{ number_or_null('second', 'smallint') }} as rating,
        case when second is null then first end as header
    from lines
)
{%- else -%}
with

final as (
    select null::integer as item_id, null::smallint as rating, null::varchar as header where false
)
{%- endif %}

select * from final
