-- grain: the item, if the data have it; else an error
-- arguments: the_item
-- units: ids of the files
-- nulls: none
with

mentions as (
    select item_id from {{ ref('hierarchy.items') }} as items where items.item_id = the_item
    union all
    select item_id from {{ ref('priors.items') }} as rated where rated.item_id = the_item
    union all
    select track_id as item_id from {{ ref('staging.candidates') }} as listed where listed.track_id = the_item
),

final as (
    select
        case
            when exists (select 1 from mentions) then the_item
            else error(
                    concat('no item ', the_item, ' in the files of items, the training file or the test file')
                )
        end::integer as item_id
)

select * from final
