-- grain: the one item that a text refers to; an error if there is none, or more than one
-- arguments: the_text
-- units: ids of the files
-- nulls: none
-- formula: as in internal.item_id_of, and the item must be in the data
{% set types = ['track', 'album', 'artist', 'genre'] %}
-- formula: as in main.item_meant, which in data without original ids takes any number
with

final as (
    select item_id
    from {{ ref('main.known_item') }}((select item_id from {{ ref('main.item_meant') }}(the_text)))
)

select * from final
