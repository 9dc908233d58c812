-- grain: one rating with the type of the rated item
-- key: user_id, item_id
-- units: rating 0..100; level is 'track', 'album', 'artist' or 'genre'
-- nulls: none; a rated item that no file lists has no type and trains no model
-- materialized: view
with

ratings as (
    select user_id, item_id, rating from {{ ref('staging.ratings') }}
),

items as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

final as (
    select ratings.user_id, ratings.item_id, items.item_type as level, ratings.rating
    from ratings
    inner join items on ratings.item_id = items.item_id
)

select * from final
