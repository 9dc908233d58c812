-- grain: an item, a group that it belongs to, or one of the most rated of each type that belong to it
-- arguments: the_item
-- units: place is 'above', 'itself' or 'below'; member_count counts all of that type that are below
-- nulls: member_count of what is not below
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
