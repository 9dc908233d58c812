-- grain: one genre that an album lists
-- key: album_id, genre_id
-- units: ids of the files
-- nulls: none
-- incremental: by album_id
with

lines as (
    select fields[1] as album, unnest(fields[3:]) as genre from {{ ref('staging.album_lines') }}
),

final as (
    select distinct
        {{ strict_integer('album') }} as album_id,
        {{ strict_integer('genre') }} as genre_id
    from lines
)

select * from final
