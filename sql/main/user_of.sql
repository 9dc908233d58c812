-- grain: the one user that a text refers to; an error if there is none, or more than one
-- arguments: the_text
-- units: ids of the files
-- nulls: none
-- formula: as in internal.user_id_of, and the user must be in the data
with

final as (
    select user_id
    from {{ ref('main.known_user') }}((select user_id from {{ ref('main.user_meant') }}(the_text)))
)

select * from final
