-- grain: an artist or genre in which the user rated something
-- arguments: the_user
-- units: level is 'artist' or 'genre'; rated_count is the number of the user's ratings of it, its albums and
--   its tracks; rating_mean is the mean of their values and own_rating the value of the artist or genre
--   itself, both on the owner's scale
-- nulls: own_rating where the user did not rate the artist or genre itself
with

history as (
    select item_id, rating, value from {{ ref('internal.user_ratings') }}(the_user)
),

groups as (
    select item_id, level, group_id, group_type
    from {{ ref('hierarchy.memberships') }}
    where group_type in ('artist', 'genre')
),

final as (
    select
        groups.group_type as level,
        groups.group_id as item_id,
        count(*) as rated_count,
        {{ mean_value() }} as rating_mean,
        max(case when groups.level = 'itself' then history.value end) as own_rating
    from history
    inner join groups on history.item_id = groups.item_id
    group by groups.group_type, groups.group_id
)

select * from final order by level, rated_count desc, rating_mean desc, item_id
