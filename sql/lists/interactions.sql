-- grain: one interaction of a user with an item, which lists are learned from
-- key: user_id, item_id
-- rows: staging.ratings
-- units: value as in the owner's data; rating 0..100; seq ascends with time within a user, time in seconds;
--   both are 0 where the data do not have them
-- nulls: none
-- materialized: view
with

final as (
    select
        {{ interaction_columns() }}
    from {{ ref('staging.ratings') }}
)

select * from final
