-- grain: one item that may be recommended
-- key: item_id
-- rows: staging.tracks
-- units: like_count and interaction_count count users; 0 for an item that no user chose
-- nulls: none
-- incremental: by item_id
with

tracks as (
    select track_id as item_id from {{ ref('staging.tracks') }}
),

interactions as (
    select item_id, is_like from {{ ref('lists.interactions') }}
),

counts as (
    select item_id, count(*) filter (where is_like) as like_count, count(*) as interaction_count
    from interactions
    group by item_id
),

final as (
    select
        tracks.item_id,
        coalesce(counts.like_count, 0) as like_count,
        coalesce(counts.interaction_count, 0) as interaction_count
    from tracks
    left join counts on tracks.item_id = counts.item_id
)

select * from final
