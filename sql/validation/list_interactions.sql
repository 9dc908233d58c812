-- grain: one interaction that is left when the likes that judge list models are held out
-- key: none, the key of staging.ratings has been looked at
-- units: as in lists.interactions
-- nulls: none
-- materialized: temp
-- formula: where the last likes are held out, what their user chose after the first of them is left out too:
--   a list made then couldn't know it
{% set left_out = 'ratings.seq >= held_out.seq' if is_by_time() == 'true'
    else 'ratings.item_id = held_out.item_id' %}
with

ratings as (
    select * from {{ ref('staging.ratings') }}
),

held_out_ids as (
    select user_id, item_id from {{ ref('validation.list_held_out') }}
),

held_out as (
    select ratings.user_id, ratings.item_id, ratings.seq
    from ratings
    semi join held_out_ids using (user_id, item_id)
),

tracks as (
    select track_id from {{ ref('staging.tracks') }}
),

kept as (
    select ratings.*
    from ratings
    anti join held_out on ratings.user_id = held_out.user_id and {{ left_out }}
    {%- if var('validation.split') == 'items' %}
    anti join tracks on ratings.item_id = tracks.track_id and {{ is_held_out_item('tracks.track_id') }}
    {%- endif %}
),

final as (
    select
        {{ interaction_columns() }}
    from kept
)

select * from final
