-- grain: one rating
-- key: user_id, item_id
-- units: rating 0..100; seq ascends in time for each user: the line number in a training file of text
-- nulls: none
{% if has_source('ratings') -%}
with

rated as (
    select user_id, item_id, rating, seq from read_parquet({{ source('ratings') }})
),

final as (
    select
        {{ promised('user_id >= 0', 'user_id', 'no user id') }}::integer as user_id,
        {{ promised('item_id >= 0', 'item_id', 'no item id') }}::integer as item_id,
        {{ promised('rating between 0 and ' ~ var('scale.highest'), 'rating', 'no rating') }}::smallint
            as rating,
        {{ promised('seq is not null', 'seq', 'no seq') }}::bigint as seq
    from rated
)

select * from final
{%- elif has_source('train') -%}
{{ reader(
    'history.ratings',
    train=source('train'),
    settings={'lowest': var('scale.lowest'), 'highest': var('scale.highest')}
) }}
{%- else -%}
with

final as (
    select null::integer as user_id, null::integer as item_id, null::smallint as rating, null::bigint as seq
    where false
)

select * from final
{%- endif %}
