-- grain: what one term adds to a pair's score by the model taxonomy_factors
-- arguments: the_user, the_track
-- units: value of the term, on the owner's scale, weight it is multiplied with; amount on the model's scale
-- nulls: item_id, value, weight of a term without an item, or that is not a product
-- formula: as in scores.taxonomy_factors; starts with the track's bias
{% set factors = ref_all('learned.item_factors') %}
with

{% if factors -%}
pair as (
    select track_id, album_id, artist_id, album_direct, artist_direct
    from {{ ref('internal.own_level_ratings') }}(the_user, the_track)
),

weights as (
    select
        max(case when feature = 'album_rating' then weight end) as album_rating,
        max(case when feature = 'album_liked' then weight end) as album_liked,
        max(case when feature = 'artist_rating' then weight end) as artist_rating,
        max(case when feature = 'artist_liked' then weight end) as artist_liked
    from {{ ref('learned.history_weights') }}
),

users as (
    select factors from {{ ref('learned.user_factors') }} where user_id = the_user
),

items as (
    select factors, bias from {{ factors[0] }} where item_id = the_track
),

terms as (
    select
        'start' as level, 'bias' as source, pair.track_id as item_id, null::double as value,
        null::double as weight, coalesce(items.bias, 0) as amount
    from pair
    left join items on true
    union all
    select
        'track', 'factors', pair.track_id, null, null,
        coalesce({{ dot_product('users.factors', 'items.factors') }}, 0)
    from pair
    left join users on true
    left join items on true
    {%- for level in ['album', 'artist'] %}
    union all
    select
        '{{ level }}', 'direct', pair.{{ level }}_id, pair.{{ level }}_direct,
        weights.{{ level }}_rating / 100.0, weights.{{ level }}_rating * pair.{{ level }}_direct / 100.0
    from pair
    cross join weights
    union all
    select
        '{{ level }}', 'liked', pair.{{ level }}_id, null, null,
        case
            when pair.{{ level }}_direct >= {{ var('taxonomy_factors.like_threshold') }}
                then weights.{{ level }}_liked
        end
    from pair
    cross join weights
    {%- endfor %}
),

parts as (
    select 'taxonomy_factors' as model, level, source, item_id, value, weight, amount
    from terms
    where amount is not null
)
{%- else -%}
parts as (
    {{ no_contributions() }}
)
{%- endif %},

final as (
    {{ ordered_steps('parts', ref('internal.user_ratings')) }}
)

select * from final
