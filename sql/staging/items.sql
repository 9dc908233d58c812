-- grain: one imported item of any type, or one item of the Cup's format with a file of names; else empty
-- key: item_id
-- units: original_id is the id in the imported file, as text, unique within an item type; for an album,
--   artist or genre known only by name it is the name
-- nulls: name where the data have no name
-- incremental: by item_id
{% if has_source('names') and not has_source('items') -%}
with

lines as (
    select string_split(line, '|') as fields from {{ read_lines(source('names')) }}
),

checked as (
    select
        {{ strict_integer('fields[1]') }} as item_id,
        {{ require("array_length(fields) = 2 and fields[2] = trim(fields[2]) and fields[2] <> ''",
            'fields[2]', 'not ItemId|Name') }} as name
    from lines
),

listed as (
    select track_id as item_id from {{ ref('staging.tracks') }}
    union all
    select album_id as item_id from {{ ref('staging.albums') }}
    union all
    select artist_id as item_id from {{ ref('staging.artists') }}
    union all
    select genre_id as item_id from {{ ref('staging.genres') }}
),

final as (
    select
        coalesce(checked.item_id, listed.item_id) as item_id,
        coalesce(checked.item_id, listed.item_id)::varchar as original_id,
        checked.name
    from listed
    full join checked on listed.item_id = checked.item_id
)
{%- else -%}
{{ read_names(source('items') if has_source('items') else none, 'item_id') }}
{%- endif %}

select * from final
