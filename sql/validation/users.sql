-- grain: one user in the validation split
-- key: user_id
-- units: ordinal numbers the users from 0
-- nulls: none
-- needs: staging.candidates
-- formula: users with at least validation.likes likes, the first validation.users in the order of a hash of
--   their id
with

likes as (
    select user_id from {{ ref('validation.likes') }}
),

eligible as (
    select user_id from likes group by user_id having count(*) >= {{ var('validation.likes') }}
),

hashed as (
    select user_id, md5(concat(user_id, ' ', {{ var('validation.seed') }})) as digest from eligible
),

chosen as (
    select user_id, digest from hashed order by digest, user_id limit {{ var('validation.users') }}
),

final as (
    select user_id, row_number() over (order by digest, user_id) - 1 as ordinal from chosen
)

select * from final
