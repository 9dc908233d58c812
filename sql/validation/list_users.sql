-- grain: one user whose held-out likes judge the list models
-- key: user_id
-- units: ordinal counts the users from 0
-- nulls: none
-- formula: users with at least two likes, so that one can be held out, the first by a digest of their id
with

likes as (
    select user_id from {{ ref('validation.likes') }}
),

eligible as (
    select user_id from likes group by user_id having count(*) >= 2
),

digested as (
    select user_id, md5(concat(user_id, ' ', {{ var('validation.seed') }})) as digest from eligible
),

foremost as (
    select user_id, digest from digested order by digest, user_id limit {{ var('validation.list_users') }}
),

final as (
    select user_id, row_number() over (order by digest, user_id) - 1 as ordinal from foremost
)

select * from final
