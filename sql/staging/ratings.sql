-- grain: one rating
-- key: user_id, item_id
-- units: rating 0..100; value as in the owner's data: stars, plays, 1 for a like; seq ascends with time
--   within a user; for text files it is the line number; time in seconds since 1970, if the data have
--   times, 0 for a row without one
-- nulls: none
-- incremental: by user_id, item_id
-- formula: rows that were appended after the import replace those of the same user and item, and all rows are
--   numbered in the order that one import of all of them gives
{% set time = ', time' if var('data.order') == 'time' else '' %}
{% if has_source('ratings') -%}
with

{% if has_source('appended') -%}
appended as (
    select user_id, item_id, rating, seq, value{{ time }} from read_parquet({{ source('appended') }})
),

not_replaced as (
    select user_id, item_id, rating, seq, value{{ time }}
    from read_parquet({{ source('ratings') }}) as ratings
    anti join appended on ratings.user_id = appended.user_id and ratings.item_id = appended.item_id
),

all_rows as (
    select * from not_replaced
    union all
    select * from appended
),

user_counts as (
    select user_id, count(*) as rating_count from all_rows group by user_id
),

rows_of_earlier_users as (
    select user_id, sum(rating_count) over (order by user_id) - rating_count as row_count from user_counts
),

ratings as (
    select
        all_rows.user_id,
        all_rows.item_id,
        all_rows.rating,
        earlier.row_count + row_number() over (partition by all_rows.user_id order by all_rows.seq) as seq,
        all_rows.value{{ time }}
    from all_rows
    inner join rows_of_earlier_users as earlier on all_rows.user_id = earlier.user_id
),
{%- else -%}
ratings as (
    select
        user_id, item_id, rating, seq,
        {{ 'value' if var('dataset.values') == 'value' else 'rating as value' }}{{ time }}
    from read_parquet({{ source('ratings') }})
),
{%- endif %}

final as (
    select
        {{ require('user_id >= 0', 'user_id', 'no user id') }}::integer as user_id,
        {{ require('item_id >= 0', 'item_id', 'no item id') }}::integer as item_id,
        {{ require('rating between 0 and ' ~ var('scale.highest'), 'rating', 'no rating') }}::smallint
            as rating,
        {{ require('seq is not null', 'seq', 'no seq') }}::bigint as seq,
        {{ require('value is not null', 'value', 'no value') }}::double as value,
        {% if var('data.order') == 'time' -%}
        coalesce(cast(floor(epoch(time)) as bigint), 0) as time,
        {%- endif %}
        {% if var('dataset.values') == 'value' -%}
        value >= {{ var('dataset.liked') }} as is_like
        {%- else -%}
        rating >= {{ var('liked.rating') }} as is_like
        {%- endif %}
    from ratings
)

select * from final{{ ' order by seq' if has_source('appended') }}
{%- elif has_source('train') -%}
{{ reader(
    'history.ratings',
    train=source('train'),
    settings={
        'lowest': var('scale.lowest'), 'highest': var('scale.highest'), 'liked': var('liked.rating')
    }
) }}
{%- else -%}
with

final as (
    select
        null::integer as user_id,
        null::integer as item_id,
        null::smallint as rating,
        null::bigint as seq,
        null::double as value,
        null::boolean as is_like
    where false
)

select * from final
{%- endif %}
