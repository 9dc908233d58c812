-- grain: one line of the training file
-- units: rating 0..100; header is the text of a line UserId|count
-- nulls: item_id and rating of a header, header of a rating
-- materialized: temp
with

lines as (
    select first, second from {{ read_pairs(source('train')) }}
),

final as (
    select
        case when second is not null then {{ strict_integer('first') }} end as item_id,
        case
            when second is not null then {{ strict_integer('second', 'utinyint', var('scale.highest')) }}
        end as rating,
        case when second is null then first end as header
    from lines
)

select * from final
