-- grain: one line of the track file
-- key: none, lines have no key
-- units: fields holds the texts between the bars: track, album, artist, genres
-- nulls: none
-- materialized: temp
with

lines as (
    {% if has_source('ratings') -%}
    select
        list_concat(
            [track_id::varchar, coalesce(album_id::varchar, 'None'), coalesce(artist_id::varchar, 'None')],
            genre_ids::varchar[]
        ) as fields
    from read_parquet({{ source('tracks') }})
    {%- else -%}
    select string_split(line, '|') as fields from {{ read_lines(source('tracks')) }}
    {%- endif %}
),

final as (
    select {{ require('array_length(fields) >= 3', 'fields', 'too few fields') }} as fields from lines
)

select * from final
