{% from 'old_rows.sql' import old_rows with context -%}
copy (
    {{ old_rows('artist_id') -}}
    select item_id as artist_id from {{ made }} where kind = 'artist'
    order by artist_id
) to $path (format parquet)
