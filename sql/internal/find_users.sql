-- grain: one of the ten users whose original id or name is most similar to a text, most similar first
-- arguments: the_text
-- units: similarity is Jaro-Winkler's, 1 for equal texts, ignoring case
-- nulls: name where the import has no names
with

users as (
    select
        user_id,
        original_id,
        name,
        greatest(
            jaro_winkler_similarity(lower(original_id), lower(the_text::varchar)),
            coalesce(jaro_winkler_similarity(lower(name), lower(the_text::varchar)), 0)
        ) as similarity
    from {{ ref('staging.users') }}
),

final as (
    select user_id, original_id, name, similarity from users order by similarity desc, user_id limit 10
)

select * from final order by similarity desc, user_id
