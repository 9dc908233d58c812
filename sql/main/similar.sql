-- grain: one of the tracks that go best with an item of any kind, best first
-- arguments: item_id, k
-- units: as in main.similar_to
-- nulls: name of a track without one
-- formula: as in main.similar_to; the argument is a number of the warehouse, or as a text an original id or a
--   name, which is why the query is a text until the macro is called
{% set meant = asked('item_id', ref('main.item_meant'), 'item_id') %}
with

final as (
    select rank, track_id, item, name, score
    from query(format('from {{ ref("main.similar_to") }}({}, {:d})', {{ meant }}, k))
)

select * from final order by rank
