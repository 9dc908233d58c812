-- grain: one neighbour track of an item of any type, strongest first
-- arguments: the_item, how_many
-- units: score is comparable within the item: the weight of the pair in lists.item_knn where source is
--   'users', the cosine of the attributes of both items (lists.attributes) where it is 'attributes'
-- nulls: none
-- formula: largest score first, ties by track_id; attributes only where no user chose the item together with
--   another one
{% set attributes = ref_all('lists.attributes') %}
with

by_users as (
    select item_i as track_id, weight as score, 'users' as source
    from {{ ref('lists.item_knn') }}
    where item_j = the_item and item_i <> the_item
),

{%- for relation in attributes %}

own as (
    select attribute_id, weight
    from {{ relation }}
    where item_id = the_item and not exists (select 1 from by_users)
),

by_attributes as (
    select
        others.item_id as track_id,
        sum({{ trillionths('own.weight * others.weight') }}) / 1e12 as score,
        'attributes' as source
    from {{ relation }} as others
    inner join own on others.attribute_id = own.attribute_id
    where others.item_id <> the_item
    group by others.item_id
),
{%- endfor %}

final as (
    select track_id, score, source from by_users
    {%- for relation in attributes %}
    union all
    select track_id, score, source from by_attributes
    {%- endfor %}
    order by score desc, track_id
    limit how_many
)

select * from final order by score desc, track_id
