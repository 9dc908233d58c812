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

{# CTEs `sampled_positions`, of a sample of each item's users, and `positions_and_buckets`: each of them with its bucket
   of W positions and the two adjacent ones. Two positions of a user at most W apart are in one of these. #}
{% macro sampled_near_buckets(positions, items, columns) -%}
sampled_positions as (
    select {{ positions }}.*
    from {{ positions }}
    inner join {{ items }} on {{ positions }}.item_id = {{ items }}.item_id
    where {{ uniform_hash(positions ~ '.user_id', positions ~ '.item_id') }} < {{ items }}.share
),

shifts as (
    select unnest([-1, 0, 1]) as shift
),

positions_and_buckets as (
    select {{ columns }}, bucket + shift as near_bucket
    from sampled_positions
    cross join shifts
)
{%- endmacro %}
