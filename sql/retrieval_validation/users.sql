-- grain: one validation user with retrieved candidates
-- key: user_id
-- units: ids alone
-- nulls: none
-- materialized: temp
-- formula: the first of the validation's order who have likes held out
with

users as (
    select user_id, ordinal from {{ ref('validation.users') }}
),

held_out as (
    select user_id from {{ ref('validation.labels') }} where label = 1
),

final as (
    select users.user_id
    from users
    semi join held_out on users.user_id = held_out.user_id
    where users.ordinal < {{ var('catalogue_ranker.users') }}
)

select * from final
