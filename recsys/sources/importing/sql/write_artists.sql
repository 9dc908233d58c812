copy (select item_id as artist_id from things where kind = 'artist' order by item_id) to $path (format parquet)
