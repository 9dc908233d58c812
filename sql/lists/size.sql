-- grain: the data that list models are fitted to
-- key: user_count
-- units: users and items are counted once each, items with interactions and those that may be recommended
-- nulls: none
-- materialized: temp
with

interactions as (
    select user_id, item_id from {{ ref('lists.interactions') }}
),

items as (
    select item_id from {{ ref('lists.items') }}
    union
    select item_id from interactions
),

final as (
    select
        (select count(distinct user_id) from interactions) as user_count,
        (select count(*) from items) as item_count,
        (select count(*) from interactions) as interaction_count
)

select * from final
