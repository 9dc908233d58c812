{% from 'old_rows.sql' import old_rows with context -%}
copy (
    {{ old_rows('genre_id') -}}
    select item_id as genre_id from {{ made }} where kind = 'genre'
    order by genre_id
) to $path (format parquet)
