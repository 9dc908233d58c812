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

{# CTEs that pair positions of users with their bucket of W positions and the two adjacent ones, `near_bucket`: two
   positions at most W apart are in the same bucket or in adjacent ones. #}
{% macro near_buckets(positions, columns) -%}
shifts as (
    select unnest([-1, 0, 1]) as shift
),

positions_and_buckets as (
    select {{ columns }}, bucket + shift as near_bucket
    from {{ positions }}
    cross join shifts
)
{%- endmacro %}
