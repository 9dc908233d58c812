-- grain: one rating of one user, with what is known of the item
-- arguments: the_user
-- units: as in main.remembered
-- nulls: name, item_type, album_id, artist_id as in main.remembered
-- formula: as in main.remembered; the argument is a number of the warehouse, or as a text an original id or a
--   name, which is why the query is a text until the macro is called
{% set user = asked('the_user', ref('main.user_meant'), 'user_id') %}
with

final as (
    select seq, item_id, item, name, item_type, rating, item_count, item_mean, album_id, artist_id
    from query(format('from {{ ref("main.remembered") }}({})', {{ user }}))
)

select * from final order by seq
