-- grain: one line of the album file
-- key: none, lines have no key
-- units: fields holds the texts between the bars: album, artist, genres
-- nulls: none
-- materialized: temp
with

lines as (
    {% if has_source('ratings') -%}
    select
        list_concat([album_id::varchar, coalesce(artist_id::varchar, 'None')], genre_ids::varchar[]) as fields
    from read_parquet({{ source('albums') }})
    {%- else -%}
    select string_split(line, '|') as fields from {{ read_lines(source('albums')) }}
    {%- endif %}
),

final as (
    select {{ require('array_length(fields) >= 2', 'fields', 'too few fields') }} as fields from lines
)

select * from final
