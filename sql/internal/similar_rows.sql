-- grain: one neighbour track of an item of any type, strongest first
-- arguments: the_item, how_many
-- units: rank numbers the tracks from 1, the strongest; score is comparable within the item; item is the
--   track's id in the imported file; source says what makes it similar: 'users' who chose both, or
--   'attributes' that both have
-- nulls: name where the data have no names
-- formula: as in internal.neighbours_of; an unknown item is an error
with

known as (
    select item_id from {{ ref('internal.require_item') }}(the_item)
),

near as (
    select track_id, score, source
    from {{ ref('internal.neighbours_of') }}((select item_id from known), how_many)
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
        near.score,
        near.source
    from near
    inner join facts on near.track_id = facts.item_id
)

select * from final order by rank
