-- grain: one genre of the genre file
-- key: genre_id
-- units: ids of the files
-- nulls: none
-- incremental: by genre_id
with

lines as (
    select line
    from
        {{ read_ids(source('genres'), 'genre_id') if has_source('ratings') else
            read_lines(source('genres')) }}
),

final as (
    select {{ strict_integer('line') }} as genre_id from lines
)

select * from final
