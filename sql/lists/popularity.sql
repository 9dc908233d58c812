-- lists: item_scores
-- summary: The items that most users like; the same list for everybody.
-- grain: one item that may be recommended
-- key: item_id
-- rows: lists.items
-- units: score is the number of users who like the item
-- nulls: none
-- formula: number of likes
with

final as (
    select item_id, cast(like_count as double) as score from {{ ref('lists.items') }}
)

select * from final
