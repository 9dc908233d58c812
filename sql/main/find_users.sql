-- grain: one of the ten users whose original ids or names are most like a text, the most like first
-- arguments: the_text
-- units: similarity is that of Jaro and Winkler, 1 for the same, whatever the case of letters
-- nulls: name where the import was given none
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
