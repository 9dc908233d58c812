-- lists: item_scores family=trending
-- summary: The items that users like most lately: a like counts less the older it is.
-- grain: one item that may be recommended
-- key: item_id
-- rows: lists.items
-- units: score is a number of likes; older ones count less
-- nulls: none
-- ordered: time
-- formula: sum over likes of 2^(-age / half-life), age back from the latest like; the half-life is a share of
--   the time span of the likes, chosen by validation, see lists.settings
with

settings as (
    select cast(coalesce(max(value), '0.125') as double) as half_life
    from {{ ref('lists.settings') }}
    where model = 'trending' and key = 'half_life'
),

likes as (
    select item_id, time from {{ ref('lists.interactions') }} where is_like
),

span as (
    select max(time) as latest, greatest(max(time) - min(time), 1) as seconds from likes
),

weighted as (
    select
        likes.item_id,
        sum({{ trillionths(
            'pow(2, -(span.latest - likes.time) / (settings.half_life * span.seconds))'
        ) }}) / 1e12 as score
    from likes
    cross join span
    cross join settings
    group by likes.item_id
),

final as (
    select items.item_id, coalesce(weighted.score, 0) as score
    from {{ ref('lists.items') }} as items
    left join weighted on items.item_id = weighted.item_id
)

select * from final
