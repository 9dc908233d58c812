-- grain: an item, one of its groups (album, artist, genre), or one of its most rated members of each type
-- arguments: the_item
-- units: place is 'above', 'itself' or 'below'; member_count is the number of items of that place and type;
--   rating_mean and bayes_mean on the owner's scale, rating_count by all users; shrinkage is the overall
--   mean's share in bayes_mean, 0..1
-- nulls: rating_count, rating_mean of an unrated item; item_type of an item that no file lists
-- formula: as in internal.relatives; an unknown item is an error
{% set most = 12 %}
with

known as (
    select item_id from {{ ref('internal.require_item') }}(the_item)
),

relatives as (
    select place, relative_id, member_count
    from {{ ref('internal.relatives') }}((select item_id from known))
),

facts as (
    select item_id, item_type, rating_count, rating_mean, bayes_mean, shrinkage
    from {{ ref('marts.item_facts') }}
),

final as (
    select
        relatives.place,
        facts.item_id,
        facts.item_type,
        facts.rating_count,
        facts.rating_mean,
        facts.bayes_mean,
        facts.shrinkage,
        coalesce(
            relatives.member_count, count(*) over (partition by relatives.place, facts.item_type)
        ) as member_count
    from relatives
    inner join facts on relatives.relative_id = facts.item_id
    qualify
        row_number() over (
            partition by relatives.place, facts.item_type
            order by coalesce(facts.rating_count, 0) desc, facts.item_id
        ) <= {{ most }}
)

select * from final order by place, item_type, coalesce(rating_count, 0) desc, item_id
