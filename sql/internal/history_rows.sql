-- grain: one rating of a user, with facts of the item
-- arguments: the_user
-- units: value, in_words and item_mean as the owner says it: 4, 4 of 5; rating on the scale 0..100;
--   item_count is the item's number of ratings by all users; seq ascends with time; item is the item's id in
--   the imported file
-- nulls: name where the data have no names; item_type of an item that no file lists; album_id, artist_id
--   where the item has none
with

users as (
    select user_id from {{ ref('internal.require_user') }}(the_user)
),

ratings as (
    select ratings.item_id, ratings.rating, ratings.value, ratings.seq
    from users
    inner join {{ ref('staging.ratings') }} as ratings on users.user_id = ratings.user_id
),

facts as (
    select item_id, original_id, name, item_type, rating_count, rating_mean, album_id, artist_id
    from {{ ref('marts.item_facts') }}
),

final as (
    select
        ratings.seq,
        ratings.item_id,
        facts.original_id as item,
        facts.name,
        facts.item_type,
        ratings.rating,
        facts.rating_count as item_count,
        facts.rating_mean as item_mean,
        facts.album_id,
        facts.artist_id,
        ratings.value,
        {{ in_words('ratings.value') }} as in_words
    from ratings
    inner join facts on ratings.item_id = facts.item_id
)

select * from final order by seq
