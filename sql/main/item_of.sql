-- grain: the item that a text means, if there is one such; else an error that says so
-- arguments: the_text
-- units: ids of the files
-- nulls: none
{% set types = ['track', 'album', 'artist', 'genre'] %}
-- formula: as in main.item_meant, which in data without original ids takes any number
with

final as (
    select item_id
    from {{ ref('main.known_item') }}((select item_id from {{ ref('main.item_meant') }}(the_text)))
)

select * from final
