-- grain: the one user that a text refers to; an error if there is none, or more than one
-- arguments: the_text
-- units: ids of the files
-- nulls: none
-- formula: original ids before names; in data without original ids, the text is the id
with

users as (
    select user_id, original_id, name from {{ ref('staging.users') }}
),

parsed as (
    select try_cast(the_text as integer) as number
),

matches as (
    select user_id, 1 as place from users where original_id = the_text::varchar
    union all
    select user_id, 2 as place from users where name = the_text::varchar
    union all
    select number as user_id, 3 as place
    from parsed
    where number::varchar = the_text::varchar and not exists (select 1 from users)
),

{{ single_match('user', 'matches') }}

select * from final
