-- grain: the user, if the data have it; else an error
-- arguments: the_user
-- units: ids of the files
-- nulls: none
with

mentions as (
    select user_id from {{ ref('staging.ratings') }} as ratings where ratings.user_id = the_user
    union all
    select user_id from {{ ref('staging.candidates') }} as candidates where candidates.user_id = the_user
),

final as (
    select
        case
            when exists (select 1 from mentions) then the_user
            else error(concat('no user ', the_user, ' in the training file or the test file'))
        end::integer as user_id
)

select * from final
