-- grain: the user whom a text means, if there is one such; else an error that says so
-- arguments: the_text
-- units: ids of the files
-- nulls: none
-- formula: as in main.user_meant, which in data without original ids takes any number
with

final as (
    select user_id
    from {{ ref('main.known_user') }}((select user_id from {{ ref('main.user_meant') }}(the_text)))
)

select * from final
