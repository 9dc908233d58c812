{# Columns of interactions, from staging.ratings: seq and time are 0 where the data have no order or no times. #}
{% macro interaction_columns() -%}
user_id,
        item_id,
        value,
        rating,
        is_like,
        {{ 'cast(0 as bigint)' if var('data.order') == 'none' else 'seq' }} as seq,
        {{ 'time' if var('data.order') == 'time' else 'cast(0 as bigint)' }} as time
{%- endmacro %}

{# Whether the split by items holds an item out, with all its interactions. #}
{% macro is_held_out_item(item_id) -%}
{{ uniform_hash(var('validation.seed'), item_id) }} < {{ var('validation.item_share') }}
{%- endmacro %}

{# How strongly an interaction counts, 0 to 1: all alike ('ones'), likes more than others ('likes'), or by its rating
   ('grades'). As recsys/learners/lists/weighting.py has it. #}
{% macro interaction_strength(interactions, weighting) -%}
case
        when {{ weighting }} = 'ones' or ({{ weighting }} = 'likes' and {{ interactions }}.is_like) then 1.0::double
        when {{ weighting }} = 'likes' then {{ var('lists.other_weight') }}
        else greatest({{ interactions }}.rating / 100.0::double, 0.01)
    end
{%- endmacro %}

{# Saturated strength of an interaction in BM25, by the length of the user's history over the mean length. #}
{% macro bm25(strength, length) -%}
{{ strength }} * ({{ var('item_knn.saturation') }} + 1) / ({{ strength }} + {{ var('item_knn.saturation') }}
                * (1 - {{ var('item_knn.length_share') }} + {{ var('item_knn.length_share') }} * {{ length }}))
{%- endmacro %}

{# Whether the likes that judge list models are the last ones of a user: 'true' or 'false'. #}
{% macro is_by_time() -%}
{{ 'true' if var('validation.split') == 'time'
    or (var('validation.split') == 'auto' and var('data.order') != 'none') else 'false' }}
{%- endmacro %}
