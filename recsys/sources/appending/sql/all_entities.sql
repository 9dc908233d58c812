-- everything with an id, so that new items find their albums, artists and genres: an item that is there keeps its own
create table entities as
select item_id, kind, original_id, null::varchar as name, false as is_key from known_items
union all
select item_id, kind, original_id, name, is_key from new_items
