-- grain: one rating of a user
-- arguments: the_user
-- units: rating 0..100
-- nulls: none
with

final as (
    select ratings.user_id, ratings.item_id, ratings.rating, ratings.value, ratings.is_like
    from {{ ref('staging.ratings') }} as ratings
    where ratings.user_id = the_user
)

select * from final
