-- grain: one item of imported data, of whatever kind; none of data in the Cup's format
-- key: item_id
-- units: original_id is the id in the file that was imported, as a text: two items of different kinds may
--   have the same; of an album, artist or genre that is only named it is the name
-- nulls: name where the import was given none
{{ names_of(source('items') if has_source('items') else none, 'item_id') }}

select * from final
