-- grain: an item, one of its groups, or one of its most rated members of each type
-- arguments: the_item
-- units: place is 'above', 'itself' or 'below'; member_count is the number of members of that type
-- nulls: member_count of an item that is not below
with

final as (
    select 'itself' as place, the_item as relative_id, null as member_count
    union all
    select distinct 'above', group_id, null
    from {{ ref('hierarchy.memberships') }}
    where item_id = the_item and level <> 'itself'
    union all
    select 'below', item_id, member_count from {{ ref('marts.members') }} where group_id = the_item
)

select * from final order by place, relative_id
