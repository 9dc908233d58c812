-- grain: the user whom a text means, if there is one such; else an error that says so
-- arguments: the_text
-- units: ids of the files
-- nulls: none
-- formula: an original id before a name; in data without original ids, the number that the text writes
with

users as (
    select user_id, original_id, name from {{ ref('staging.users') }}
),

written as (
    select try_cast(the_text as integer) as number
),

matches as (
    select user_id, 1 as place from users where original_id = the_text::varchar
    union all
    select user_id, 2 as place from users where name = the_text::varchar
    union all
    select number as user_id, 3 as place
    from written
    where number::varchar = the_text::varchar and not exists (select 1 from users)
),

{{ the_one_meant('user', 'matches') }}

select * from final
