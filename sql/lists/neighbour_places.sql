-- grain: one interaction, and its place among those of its user
-- key: user_id, place
-- units: place counts from 0 in the order of time; strength is x of lists.neighbours; share is the part of
--   the item's users that is sampled
-- nulls: none
-- materialized: temp
-- formula: users of an item that many have are sampled, see uniform_hash() in sql/macros/sampling.sql
--   (Schelter et al., RecSys 2012)
with

settings as (
    select coalesce(max(case when key = 'weighting' then value end), 'likes') as weighting
    from {{ ref('lists.settings') }}
    where model = 'neighbours'
),

interactions as (
    select
        user_id,
        item_id,
        rating,
        is_like,
        cast(row_number() over (
            partition by user_id order by {{ 'time' if var('data.order') == 'time' else 'seq' }}, item_id
        ) - 1 as integer) as place
    from {{ ref('lists.interactions') }}
),

items as (
    select item_id, {{ sampled_share('count(*)') }} as share
    from {{ ref('lists.interactions') }}
    group by item_id
),

final as (
    select
        interactions.user_id,
        interactions.place,
        interactions.item_id,
        {{ interaction_strength('interactions', 'settings.weighting') }} as strength,
        items.share,
        {{ uniform_hash('interactions.user_id', 'interactions.item_id') }} < items.share as is_sampled
    from interactions
    inner join items on interactions.item_id = items.item_id
    cross join settings
)

select * from final
