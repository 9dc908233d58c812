-- grain: a number of ratings, for users and for each item type
-- key: entity, at_least
-- units: entity is 'user', 'track', 'album', 'artist' or 'genre'; entities is the number of those with at
--   least at_least ratings
-- nulls: none
-- formula: complementary cumulative distribution at eight values per doubling
with

users as (
    select 'user' as entity, rating_count from {{ ref('marts.user_activity') }}
),

items as (
    select items.item_type as entity, priors.rating_count
    from {{ ref('hierarchy.items') }} as items
    inner join {{ ref('priors.items') }} as priors on items.item_id = priors.item_id
),

rated as (
    select entity, rating_count from users
    union all
    select entity, rating_count from items
),

counted as (
    select entity, rating_count, count(*) as entities
    from rated
    group by entity, rating_count
),

cumulated as (
    select
        entity,
        rating_count,
        sum(entities) over (partition by entity order by rating_count desc) as entities,
        floor(8 * log2(rating_count) + 1e-9) as eighth
    from counted
),

final as (
    select entity, min(rating_count) as at_least, max(entities)::bigint as entities
    from cumulated
    group by entity, eighth
)

select * from final order by entity, at_least
