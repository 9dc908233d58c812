copy (select item_id as genre_id from things where kind = 'genre' order by item_id) to $path (format parquet)
