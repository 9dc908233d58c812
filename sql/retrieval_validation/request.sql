-- grain: what is asked of retrieval
-- key: k
-- units: k is the length of the lists
-- nulls: none
-- materialized: temp
with

final as (
    select
        cast({{ var('catalogue_ranker.list') }} as integer) as k,
        false as includes_rated,
        false as is_by_levels,
        true as is_short
)

select * from final
