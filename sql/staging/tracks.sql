-- grain: one track of the track file
-- key: track_id
-- units: ids of the files
-- nulls: album_id, artist_id where the file says None
-- incremental: by track_id
with

lines as (
    select fields from {{ ref('staging.track_lines') }}
),

final as (
    select
        {{ strict_integer('fields[1]') }} as track_id,
        {{ strict_integer_or_none('fields[2]') }} as album_id,
        {{ strict_integer_or_none('fields[3]') }} as artist_id
    from lines
)

select * from final
