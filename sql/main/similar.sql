-- grain: one neighbour track of an item of any type, strongest first
-- arguments: item_id, k
-- units: as in internal.similar_rows
-- nulls: name where the data have no names
-- formula: as in internal.similar_rows. A number is an id of the warehouse, a text an original id or a name;
--   hence the query is text until the macro is called
{% set meant = id_expression('item_id', ref('internal.item_id_of'), 'item_id') %}
with

final as (
    select rank, track_id, item, name, score, source
    from query(format('from {{ ref("internal.similar_rows") }}({}, {:d})', {{ meant }}, k))
)

select * from final order by rank
