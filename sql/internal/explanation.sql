-- grain: one line of the explanation of a user's score for a track
-- arguments: the_user, the_track
-- units: as in main.explain, of the model adaptive
-- nulls: item_id, rating_count, rating_mean, shrinkage as in main.explain
-- formula: a level's weight is divided evenly among the values at its fallback level; neighbours are the
--   ratings that add most to the score of item_neighbours
{% set levels = ['album', 'artist', 'genre', 'track', 'model'] %}
{% set sources = ['direct', 'sibling', 'prior', 'global', 'autoencoder', 'als', 'neighbour'] %}
with

fallback_levels as (
    select level, source, item_id, value, rating, rating_count, rating_mean, shrinkage
    from {{ ref('internal.fallback_levels') }}(the_user, the_track)
),

level_weights as (
    select level, source, weight from {{ ref('internal.level_weights') }}(the_user, the_track)
),

learned_values as (
    select level, source, item_id, value from {{ ref('internal.learned_values') }}(the_user, the_track)
),

history as (
    select item_id, rating, value from {{ ref('internal.user_ratings') }}(the_user)
),

item_weights as (
    select item_i, item_j, weight, support from {{ ref('features.item_weights') }}
),

items as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

neighbours as (
    select history.item_id, history.value, near.support
    from history
    inner join item_weights as near on history.item_id = near.item_j
    where near.item_i = the_track
    order by pow(1 + history.rating, {{ var('item_neighbours.rating_power') }}) * near.weight desc, item_id
    limit {{ var('explain.neighbours') }}
),

-- A level without a source in its weight counts with all its values.
levels as (
    select
        fallback.*,
        weights.level is not null as is_counted,
        case
            when is_counted
                then coalesce(weights.weight, 0) / count(*) over (partition by fallback.level, is_counted)
            else 0
        end as weight
    from fallback_levels as fallback
    left join level_weights as weights
        on fallback.level = weights.level
            and fallback.source = coalesce(weights.source, fallback.source)
),

lines as (
    select
        level, source, item_id, value, rating_count, rating_mean, shrinkage, weight,
        weight * {{ part_of_score('rating', 'value') }} as contribution, null as support
    from levels
    union all
    select level, source, item_id, value, null, null, null, 0, 0, null from learned_values
    union all
    select 'track', 'neighbour', item_id, value, null, null, null, 0, 0, support from neighbours
),

named as (
    select
        lines.*,
        {{ display_name('items', 'lines.item_id') }} as name,
        case when lines.level = 'track' then {{ var('dataset.noun') }} else lines.level end as noun
    from lines
    left join items on lines.item_id = items.item_id
),

final as (
    select
        'adaptive' as model,
        row_number() over (
            order by
                list_position({{ levels }}, level),
                list_position({{ sources }}, source),
                source,
                item_id
        ) as ordinal,
        level,
        case
            when source = 'direct' then concat('own rating of ', noun, ' ', name)
            when source = 'sibling'
                then concat('own rating of ', {{ var('dataset.noun') }}, ' ', name, ' on the same album')
            when source = 'prior' then concat('all ratings of ', noun, ' ', name)
            when source = 'global' and item_id is null then concat('overall mean, no ', noun)
            when source = 'global' then concat('overall mean, no ratings of the ', noun)
            when source = 'autoencoder' then 'prediction for the album by the autoencoder'
            when source = 'als' then concat('prediction for the ', noun, ' by ALS')
            when source = 'neighbour'
                then concat(
                        'own rating of item ', name, ', near the ', {{ var('dataset.noun') }}, ' in ',
                        support, ' histories'
                    )
            else concat('score of ', source)
        end as evidence,
        item_id,
        value,
        rating_count,
        rating_mean,
        shrinkage,
        source,
        weight,
        contribution
    from named
)

select * from final order by ordinal
