-- grain: one item in a list, with names and the reason in words
-- arguments: the_lists
-- units: the_lists is the name of a relation with the columns of marts.recommendations, its default; user and
--   item are ids of the data's owner; reason is the interaction that adds most to the score, in the owner's
--   words
-- nulls: name of an item without one; reason and reason_item of models without reasons
with

lists as (
    select user_id, rank, item_id, score, model, reason_item_id, reason_value
    from query_table(coalesce(nullif(the_lists::varchar, '0'), '{{ ref("marts.recommendations") }}'))
),

users as (
    select user_id, original_id from {{ ref('staging.users') }}
),

items as (
    select item_id, original_id, name from {{ ref('marts.item_facts') }}
),

final as (
    select
        lists.user_id,
        lists.rank,
        lists.item_id,
        coalesce(users.original_id, lists.user_id::varchar) as "user",
        items.original_id as item,
        items.name,
        lists.score,
        lists.model,
        reasons.original_id as reason_item,
        lists.reason_value,
        case
            when lists.reason_item_id is not null
                then concat(
                        coalesce(reasons.name, reasons.original_id),
                        ': ',
                        {{ in_words('lists.reason_value') }}
                    )
        end as reason
    from lists
    left join users on lists.user_id = users.user_id
    left join items on lists.item_id = items.item_id
    left join items as reasons on lists.reason_item_id = reasons.item_id
)

select * from final order by user_id, rank
