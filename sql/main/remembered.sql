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

items as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

priors as (
    select item_id, rating_count, rating_mean from {{ ref('priors.items') }}
),

parents as (
    select track_id as item_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
    union all
    select album_id as item_id, null as album_id, artist_id from {{ ref('staging.albums') }}
),

named as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

final as (
    select
        ratings.seq,
        ratings.item_id,
        coalesce(named.original_id, ratings.item_id::varchar) as item,
        named.name,
        items.item_type,
        ratings.rating,
        priors.rating_count as item_count,
        priors.rating_mean as item_mean,
        parents.album_id,
        parents.artist_id
    from ratings
    left join items on ratings.item_id = items.item_id
    left join priors on ratings.item_id = priors.item_id
    left join parents on ratings.item_id = parents.item_id
    left join named on ratings.item_id = named.item_id
)

select * from final order by seq
