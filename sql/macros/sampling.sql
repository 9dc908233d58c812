{# Share of a track's users that are sampled; see uniform_hash(). #}
{% macro sampled_share(rating_count) -%}
least(1.0::double, {{ var('item_neighbours.raters') }} / {{ rating_count }})
{%- endmacro %}

{# A number 0 <= x < 1, uniform over an item's users and the same in every build: the remainder by a prime, as in
   linear congruential generators. #}
{% macro uniform_hash(user_id, item_id) -%}
(
    cast({{ user_id }} as bigint) % 1000003 * 7368787 + cast({{ item_id }} as bigint) % 1000003 * 5237471
) % 1000003 / 1000003.0::double
{%- endmacro %}
