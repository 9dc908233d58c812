-- what could be wrong with the ratings: counts of users and items, and the most frequent value
with

per_user as (
    select
        user_id,
        count(*) as row_count,
        count(*) filter (where {{ 'value >= $liked' if liked is not none else 'true' }}) as like_count
    from coded
    group by user_id
),

per_item as (
    select item_id, count(*) as row_count from coded group by item_id
),

frequent as (
    select value, row_count from value_counts order by row_count desc, value limit 1
)

select
    (select count(*) from per_user where row_count = 1) as users_with_one,
    (select count(*) from per_item where row_count = 1) as items_with_one,
    (select max(like_count) from per_user) as most_likes,
    (select sum(like_count)::bigint from per_user) as like_count,
    (select count(*) from per_item) as rated_items,
    (
        select count(*)
        from per_item
        inner join entities on per_item.item_id = entities.item_id
        semi join listed on entities.is_key and entities.original_id = listed.item_key
    ) as listed_items,
    (select any_value(original_id) from (select min(original_id) as original_id from item_keys)) as rated_example,
    (select min(item_key) from listed) as listed_example,
    (select value from frequent) as frequent_value,
    (select row_count from frequent) as frequent_count,
    (select sum(row_count)::bigint from value_counts) as value_count
