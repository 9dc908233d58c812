copy (select user_id, item_id, rating, rowid + 1 as seq from rated) to $path (format parquet)
