-- grain: the user and the track, if the data have both; else an error that names the missing one
-- arguments: the_user, the_track
-- units: ids of the files
-- nulls: none
with

users as (
    select user_id from {{ ref('internal.require_user') }}(the_user)
),

mentions as (
    select track_id from {{ ref('staging.tracks') }} as tracks where tracks.track_id = the_track
    union all
    select track_id from {{ ref('staging.candidates') }} as candidates where candidates.track_id = the_track
),

final as (
    select
        users.user_id,
        case
            when exists (select 1 from mentions) then the_track
            else error(concat('no track ', the_track, ' in the track file or the test file'))
        end::integer as track_id
    from users
)

select * from final
