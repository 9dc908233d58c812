copy (
    select genre_id from read_parquet($old)
    union all
    select item_id as genre_id from new_items where kind = 'genre'
    order by genre_id
) to $path (format parquet)
