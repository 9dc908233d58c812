-- grain: one album of the album file
-- key: album_id
-- units: ids of the files
-- nulls: artist_id where the file says None
-- incremental: by album_id
with

lines as (
    select fields from {{ ref('staging.album_lines') }}
),

final as (
    select
        {{ strict_integer('fields[1]') }} as album_id,
        {{ strict_integer_or_none('fields[2]') }} as artist_id
    from lines
)

select * from final
