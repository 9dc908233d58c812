-- grain: an album, artist or genre and one of its most rated members of each type
-- key: group_id, item_id
-- units: ordinal numbers the members of a type from 1, the most rated, ties by item_id; member_count is the
--   number of all members of that type
-- nulls: none
{% set most = 12 %}
with

facts as (
    select item_id, item_type, coalesce(rating_count, 0) as rating_count from {{ ref('marts.item_facts') }}
),

members as (
    select distinct item_id, group_id from {{ ref('hierarchy.memberships') }} where level <> 'itself'
),

typed as (
    select members.group_id, members.item_id, facts.item_type, facts.rating_count
    from members
    inner join facts on members.item_id = facts.item_id
),

counts as (
    select group_id, item_type, count(*) as member_count from typed group by group_id, item_type
),

ranked as (
    select
        group_id,
        item_id,
        item_type,
        row_number() over (
            partition by group_id, item_type order by rating_count desc, item_id
        ) as ordinal
    from typed
    qualify ordinal <= {{ most }}
),

final as (
    select ranked.group_id, ranked.item_id, ranked.ordinal, counts.member_count
    from ranked
    inner join counts on ranked.group_id = counts.group_id and ranked.item_type = counts.item_type
)

select * from final order by group_id, ordinal, item_id
