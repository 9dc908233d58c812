-- grain: one row: what the data are
-- key: feedback
-- units: scale and liked on the owner's scale: a row with a value of at least liked is a like; noun is what
--   an item is called, verb what people did with it; top_count is the count that becomes the rating 100
-- nulls: none
with

final as (
    select
        {{ var('dataset.feedback') }} as feedback,
        {{ var('dataset.scale_low') }}::double as scale_low,
        {{ var('dataset.scale_high') }}::double as scale_high,
        {% if var('dataset.values') == 'value' -%}
        {{ var('dataset.liked') }}::double as liked,
        {%- else -%}
        {{ var('liked.rating') }}::double as liked,
        {%- endif %}
        {{ var('dataset.top_count') }}::double as top_count,
        {{ var('dataset.noun') }} as noun,
        {{ var('dataset.verb') }} as verb,
        {{ var('dataset.split') }} as split
)

select * from final
