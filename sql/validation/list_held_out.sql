-- grain: one like that is held out to judge the list models
-- key: user_id, item_id
-- units: ids alone
-- nulls: none
-- formula: a fifth of each validation user's likes, at least one: the last ones where the data have an order,
--   else the first by a digest. Where items are held out altogether: the likes of these items by users who
--   have chosen others
{% set is_by_item = var('validation.split') == 'items' %}
with

users as (
    select user_id from {{ ref('validation.list_users') }}
),

tracks as (
    select track_id as item_id from {{ ref('staging.tracks') }}
),

likes as (
    select ratings.user_id, ratings.item_id, ratings.seq
    from {{ ref('staging.ratings') }} as ratings
    semi join users on ratings.user_id = users.user_id
    semi join tracks on ratings.item_id = tracks.item_id
    where ratings.is_like
),

placed as (
    select
        user_id,
        item_id,
        row_number() over (
            partition by user_id
            order by
                {{ 'seq desc,' if is_by_time() == 'true' }}
                md5(concat(user_id, '-', item_id, '-', {{ var('validation.seed') }})),
                item_id
        ) as place,
        count(*) over (partition by user_id) as like_count
    from likes
),

{% if is_by_item -%}
warm as (
    select distinct ratings.user_id
    from {{ ref('staging.ratings') }} as ratings
    anti join tracks on ratings.item_id = tracks.item_id and {{ is_held_out_item('tracks.item_id') }}
),

final as (
    select placed.user_id, placed.item_id
    from placed
    semi join warm on placed.user_id = warm.user_id
    where {{ is_held_out_item('placed.item_id') }}
)
{%- else -%}
final as (
    select user_id, item_id from placed where place <= greatest(1, like_count // 5)
)
{%- endif %}

select * from final
