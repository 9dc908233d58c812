-- grain: a user or an item whose id or name matches a text, best match first
-- arguments: the_text
-- units: kind is 'user', 'track', 'album', 'artist' or 'genre'; fit numbers the matches from 0, the best;
--   rating_count is the number of ratings of the item or by the user; match_count is the number of all
--   matches
-- nulls: name where the data have no names; rating_count of an unrated item or a user without ratings
-- formula: 0 equal id, 1 equal name, 2 start of the name or id, 3 start of a word, 4 within the name,
--   ignoring case; most rated first within a fit
{% set most = 12 %}
with

search_text as (
    select lower(trim(the_text::varchar)) as text
),

entities as (
    select item_type as kind, item_id as id, original_id, name, rating_count
    from {{ ref('marts.item_facts') }}
    where item_type is not null
    union all
    select 'user' as kind, user_id as id, original_id, name, rating_count from {{ ref('marts.user_facts') }}
),

matched as (
    select
        entities.*,
        case
            when lower(original_id) = text then 0
            when lower(name) = text then 1
            when starts_with(lower(name), text) or starts_with(lower(original_id), text) then 2
            when contains(lower(name), concat(' ', text)) then 3
            when contains(lower(name), text) then 4
        end as fit
    from entities
    cross join search_text
    where text <> ''
),

final as (
    select kind, id, original_id, name, fit, rating_count, count(*) over () as match_count
    from matched
    where fit is not null
    order by fit, coalesce(rating_count, 0) desc, kind, id
    limit {{ most }}
)

select * from final order by fit, coalesce(rating_count, 0) desc, kind, id
