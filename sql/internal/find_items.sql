-- grain: one of the ten items whose original id or name is most similar to a text, most similar first
-- arguments: the_text
-- units: similarity is Jaro-Winkler's, 1 for equal texts, ignoring case
-- nulls: name where the import has no names
with

items as (
    select
        items.item_id,
        items.original_id,
        items.name,
        types.item_type,
        greatest(
            jaro_winkler_similarity(lower(items.original_id), lower(the_text::varchar)),
            coalesce(jaro_winkler_similarity(lower(items.name), lower(the_text::varchar)), 0)
        ) as similarity
    from {{ ref('staging.items') }} as items
    inner join {{ ref('hierarchy.items') }} as types on items.item_id = types.item_id
),

final as (
    select item_id, original_id, name, item_type, similarity
    from items
    order by similarity desc, item_id
    limit 10
)

select * from final order by similarity desc, item_id
