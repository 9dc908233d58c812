-- grain: one rating of a user, with facts of the item
-- arguments: the_user
-- units: as in internal.history_rows
-- nulls: name, item_type, album_id, artist_id as in internal.history_rows
-- formula: as in internal.history_rows. A number is an id of the warehouse, a text an original id or a name;
--   hence the query is text until the macro is called
{% set user = id_expression('the_user', ref('internal.user_id_of'), 'user_id') %}
with

final as (
    select
        seq, item_id, item, name, item_type, rating, item_count, item_mean, album_id, artist_id, value,
        in_words
    from query(format('from {{ ref("internal.history_rows") }}({})', {{ user }}))
)

select * from final order by seq
