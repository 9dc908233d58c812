-- grain: one user with labels
-- key: user_id
-- units: fold 0, 1, ...: users of one fold are held out together
-- nulls: none
-- formula: users in the order of a hash of their id, assigned to the folds in turn
with

labels as (
    select distinct user_id from {{ ref('staging.labels') }}
),

final as (
    select
        user_id,
        (row_number() over (order by md5(concat(user_id, ' ', {{ var('folds.seed') }})), user_id) - 1)
        % {{ var('folds.count') }} as fold
    from labels
)

select * from final
