-- grain: one line of the track file
-- key: none, a line is told by its place
-- units: fields are the texts between the bars: track, album, artist, genres
-- nulls: none
-- materialized: temp
with

lines as (
    select string_split(line, '|') as fields from {{ read_lines(source('tracks')) }}
),

final as (
    select {{ promised('len(fields) >= 3', 'fields', 'too few fields') }} as fields from lines
)

select * from final
