-- grain: one user whom the validation may take likes from
-- key: user_id
-- units: ordinal counts the users from 0
-- nulls: none
-- formula: users who like enough tracks, the first in the order of a digest of their id
with

likes as (
    select user_id from {{ ref('validation.likes') }}
),

eligible as (
    select user_id from likes group by user_id having count(*) >= {{ var('validation.likes') }}
),

digested as (
    select user_id, md5(concat(user_id, ' ', {{ var('validation.seed') }})) as digest from eligible
),

foremost as (
    select user_id, digest from digested order by digest, user_id limit {{ var('validation.users') }}
),

final as (
    select user_id, row_number() over (order by digest, user_id) - 1 as ordinal from foremost
)

select * from final
