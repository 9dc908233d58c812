-- grain: one rating of one user, with what is known of the item
-- arguments: the_user
-- units: rating and item_mean on the scale 0..100; item_count is the number of the item's ratings by all
--   users; seq is ascending in time; item is the item's id as the data's owner writes it
-- nulls: name of an item without one; item_type of an item that no file lists; album_id, artist_id where the
--   item has none
with

users as (
    select user_id from {{ ref('main.known_user') }}(the_user)
),

ratings as (
    select ratings.item_id, ratings.rating, ratings.seq
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
        facts.artist_id
    from ratings
    inner join facts on ratings.item_id = facts.item_id
)

select * from final order by seq
