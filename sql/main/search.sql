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

everything as (
    select item_type as kind, item_id as id, original_id, name, rating_count
    from {{ ref('marts.item_facts') }}
    where item_type is not null
    union all
    select 'user' as kind, user_id as id, original_id, name, rating_count from {{ ref('marts.user_facts') }}
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

final as (
    select kind, id, original_id, name, fit, rating_count
    from fitting
    where fit is not null
    order by fit, coalesce(rating_count, 0) desc, kind, id
    limit {{ most }}
)

select * from final order by fit, coalesce(rating_count, 0) desc, kind, id
