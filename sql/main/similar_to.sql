-- grain: one of the tracks that go best with an item of any kind, best first
-- arguments: the_item, how_many
-- units: rank counts from 1, the best; score is the weight of the pair, comparable within the item;
--   item is the track's id as the data's owner writes it
-- nulls: name of a track without one
-- formula: as in main.near, of an item that a file knows; else an error that says so
with

near as (
    select track_id, score
    from {{ ref('main.near') }}((select item_id from {{ ref('main.known_item') }}(the_item)), how_many)
),

facts as (
    select item_id, original_id, name from {{ ref('marts.item_facts') }}
),

final as (
    select
        row_number() over (order by near.score desc, near.track_id) as rank,
        near.track_id,
        facts.original_id as item,
        facts.name,
        near.score
    from near
    inner join facts on near.track_id = facts.item_id
)

select * from final order by rank
