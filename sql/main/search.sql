-- grain: a user or an item whose id or name fits a text, the best first
-- arguments: the_text
-- units: kind is 'user', 'track', 'album', 'artist' or 'genre'; fit counts from 0, the best; rating_count is
--   the number of ratings of an item or by a user
-- nulls: name where the data have none; rating_count of what nobody rated
-- formula: 0 is the id, 1 the name, 2 the name's or the id's beginning, 3 a word's beginning, 4 a part of the
--   name, whatever the case of letters; of equal fit the most rated first
{% set most = 12 %}
with

wanted as (
    select lower(trim(the_text::varchar)) as text
),

items as (
    select
        listed.item_type as kind,
        listed.item_id as id,
        coalesce(named.original_id, listed.item_id::varchar) as original_id,
        named.name
    from {{ ref('hierarchy.items') }} as listed
    left join {{ ref('staging.items') }} as named on listed.item_id = named.item_id
),

user_ids as (
    select user_id from {{ ref('marts.user_activity') }}
    union
    select user_id from {{ ref('staging.candidates') }}
),

users as (
    select
        'user' as kind,
        user_ids.user_id as id,
        coalesce(named.original_id, user_ids.user_id::varchar) as original_id,
        named.name
    from user_ids
    left join {{ ref('staging.users') }} as named on user_ids.user_id = named.user_id
),

everything as (
    select kind, id, original_id, name from items
    union all
    select kind, id, original_id, name from users
),

fitting as (
    select
        everything.*,
        case
            when lower(original_id) = text then 0
            when lower(name) = text then 1
            when starts_with(lower(name), text) or starts_with(lower(original_id), text) then 2
            when contains(lower(name), concat(' ', text)) then 3
            when contains(lower(name), text) then 4
        end as fit
    from everything
    cross join wanted
    where text <> ''
),

counts as (
    select item_id as id, rating_count, false as is_user from {{ ref('priors.items') }}
    union all
    select user_id as id, rating_count, true as is_user from {{ ref('marts.user_activity') }}
),

final as (
    select fitting.kind, fitting.id, fitting.original_id, fitting.name, fitting.fit, counts.rating_count
    from fitting
    left join counts on fitting.id = counts.id and (fitting.kind = 'user') = counts.is_user
    where fitting.fit is not null
    order by fitting.fit, coalesce(counts.rating_count, 0) desc, fitting.kind, fitting.id
    limit {{ most }}
)

select * from final order by fit, coalesce(rating_count, 0) desc, kind, id
