-- grain: one artist of the artist file
-- key: artist_id
-- units: ids of the files
-- nulls: none
-- incremental: by artist_id
with

lines as (
    select line
    from
        {{ read_ids(source('artists'), 'artist_id') if has_source('ratings') else
            read_lines(source('artists')) }}
),

final as (
    select {{ strict_integer('line') }} as artist_id from lines
)

select * from final
