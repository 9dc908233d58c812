-- grain: one imported item of any type; empty for data in the Cup's format
-- key: item_id
-- units: original_id is the id in the imported file, as text, unique within an item type; for an album,
--   artist or genre known only by name it is the name
-- nulls: name where the import has no names
-- incremental: by item_id
{{ read_names(source('items') if has_source('items') else none, 'item_id') }}

select * from final
