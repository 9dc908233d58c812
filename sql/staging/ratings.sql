-- grain: one rating
-- key: user_id, item_id
-- units: rating 0..100; seq is the line number in the training file, which is in time order for each user
-- nulls: none
with

headers as (
    select user_id, rating_count from {{ ref('staging.train_headers') }} order by line
),

entries as (
    select rowid + 1 as seq, item_id, rating from {{ ref('staging.train_lines') }} where header is null
),

owners as (
    select unnest(repeat([user_id], rating_count)) as user_id from headers
),

final as (
    select owners.user_id, entries.item_id, entries.rating, entries.seq
    from owners positional join entries
)

select * from final
