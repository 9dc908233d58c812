-- grain: one interaction that takes part in item_knn
-- key: none, the key of staging.ratings has been looked at
-- units: part is z_ui of lists.item_knn, divided by ln m for bm25
-- nulls: none
-- materialized: temp
-- formula: with x_ui the strength of an interaction: cosine: z_ui = x_ui / sqrt(sum over users of x_ui^2)
--   (Sarwar et al., WWW 2001); bm25: z_ui = x_ui (K + 1) / (x_ui + K (1 - B + B n_u / mean n)) max(0, ln(m /
--   (1 + n_i))), n_u = sum of x_ui over the user's items, m users, n_i users of the item (Robertson and
--   Zaragoza, 2009: users as documents). Strengths and one of the two are chosen by validation, see
--   lists.settings. Of a user the latest interactions take part, so many that all users have at most
--   item_knn.pairs pairs together
with

settings as (
    select
        coalesce(max(case when key = 'similarity' then value end), 'bm25') as similarity,
        coalesce(max(case when key = 'weighting' then value end), 'likes') as weighting
    from {{ ref('lists.settings') }}
    where model = 'item_knn'
),

limits as (
    select
        least(
            {{ var('item_knn.interactions') }},
            greatest(2, sqrt(2.0 * {{ var('item_knn.pairs') }} / count(distinct user_id)))
        ) as longest
    from {{ ref('lists.interactions') }}
),

placed as (
    select
        user_id,
        item_id,
        rating,
        is_like,
        row_number() over (
            partition by user_id order by seq desc, {{ uniform_hash('user_id', 'item_id') }}, item_id
        ) as place
    from {{ ref('lists.interactions') }}
),

latest as (
    select placed.user_id, placed.item_id, placed.rating, placed.is_like
    from placed
    cross join limits
    where placed.place <= limits.longest
),

interactions as (
    select
        latest.user_id,
        latest.item_id,
        {{ interaction_strength('latest', 'settings.weighting') }} as strength
    from latest
    cross join settings
),

items as (
    select
        item_id,
        count(*) as user_count,
        sqrt(sum({{ trillionths('strength * strength') }}) / 1e12) as norm
    from interactions
    group by item_id
),

users as (
    select user_id, sum({{ trillionths('strength') }}) / 1e12 as strengths from interactions group by user_id
),

overall as (
    select
        count(*) as user_count,
        sum({{ trillionths('strengths / 1e6') }}) / 1e6 / count(*) as mean_strengths
    from users
),

final as (
    select
        interactions.user_id,
        interactions.item_id,
        case
            when settings.similarity = 'cosine' then interactions.strength / items.norm
            else {{ bm25('interactions.strength', 'users.strengths / overall.mean_strengths') }}
                * greatest(0.0::double, 1 - ln(1 + items.user_count) / nullif(ln(overall.user_count), 0))
        end as part
    from interactions
    inner join items on interactions.item_id = items.item_id
    inner join users on interactions.user_id = users.user_id
    cross join overall
    cross join settings
)

select * from final where part > 0
