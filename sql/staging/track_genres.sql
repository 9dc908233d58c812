-- grain: one genre that a track lists
-- key: track_id, genre_id
-- units: ids of the files
-- nulls: none
-- incremental: by track_id
with

lines as (
    select fields[1] as track, unnest(fields[4:]) as genre from {{ ref('staging.track_lines') }}
),

final as (
    select distinct
        {{ strict_integer('track') }} as track_id,
        {{ strict_integer('genre') }} as genre_id
    from lines
)

select * from final
