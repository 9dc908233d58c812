-- grain: two different items that some user chose both
-- arguments: the_items
-- units: the_items is a list of item ids; cosine 0..1
-- nulls: none
-- formula: users of both items over the root of the product of their numbers of users
with

chosen as (
    select user_id, item_id
    from {{ ref('lists.interactions') }}
    where list_contains(the_items::integer[], item_id)
),

counts as (
    select item_id, count(*) as user_count from chosen group by item_id
),

together as (
    select one.item_id as item_i, other.item_id as item_j, count(*) as user_count
    from chosen as one
    inner join chosen as other on one.user_id = other.user_id and one.item_id <> other.item_id
    group by one.item_id, other.item_id
),

final as (
    select
        together.item_i,
        together.item_j,
        together.user_count / sqrt(one.user_count * other.user_count) as cosine
    from together
    inner join counts as one on together.item_i = one.item_id
    inner join counts as other on together.item_j = other.item_id
)

select * from final order by item_i, item_j
