-- grain: one line of the explanation of a user's score for a track
-- arguments: the_user, the_track
-- units: as in main.explain, of the model adaptive
-- nulls: item_id, rating_count, rating_mean, shrinkage as in main.explain
-- formula: a level's weight is divided evenly among the values at its fallback level; neighbours are the
--   ratings that add most to the score of item_neighbours
{% set levels = ['album', 'artist', 'genre', 'track', 'model'] %}
{% macro word() %}case when level = 'track' then {{ var('dataset.noun') }} else level end{% endmacro %}
{% set sources = ['direct', 'sibling', 'prior', 'global', 'autoencoder', 'als', 'neighbour'] %}
with

fallback_levels as (
    select level, source, item_id, value, rating, rating_count, rating_mean, shrinkage
    from {{ ref('internal.fallback_levels') }}(the_user, the_track)
),

levels as (
    select level, source, weight from {{ ref('internal.level_weights') }}(the_user, the_track)
),

learned as (
    select level, source, item_id, value from {{ ref('internal.learned_values') }}(the_user, the_track)
),

history as (
    select item_id, rating, value from {{ ref('internal.user_ratings') }}(the_user)
),

near as (
    select item_i, item_j, weight, support from {{ ref('features.item_weights') }}
),

neighbours as (
    select history.item_id, history.value, near.support
    from history
    inner join near on history.item_id = near.item_j
    where near.item_i = the_track
    order by pow(1 + history.rating, {{ var('item_neighbours.rating_power') }}) * near.weight desc, item_id
    limit {{ var('explain.neighbours') }}
),

matched as (
    select
        fallback_levels.*,
        coalesce(levels.weight, 0) as level_weight,
        levels.level is not null as is_counted
    from fallback_levels
    left join levels
        on fallback_levels.level = levels.level
            and fallback_levels.source = coalesce(levels.source, fallback_levels.source)
),

weighted as (
    select
        level,
        source,
        item_id,
        value,
        {{ part_of_score('rating', 'value') }} as part,
        rating_count,
        rating_mean,
        shrinkage,
        case
            when is_counted then level_weight / count(*) over (partition by level, is_counted)
            else 0
        end as weight,
        null as support
    from matched
    union all
    select level, source, item_id, value, 0, null, null, null, 0, null from learned
    union all
    select 'track', 'neighbour', item_id, value, 0, null, null, null, 0, support from neighbours
),

items as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

named as (
    select
        weighted.*,
        {{ display_name('items', 'weighted.item_id') }} as shown
    from weighted
    left join items on weighted.item_id = items.item_id
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
            when source = 'direct' then concat('own rating of ', {{ word() }}, ' ', shown)
            when source = 'sibling'
                then concat('own rating of ', {{ var('dataset.noun') }}, ' ', shown, ' on the same album')
            when source = 'prior' then concat('all ratings of ', {{ word() }}, ' ', shown)
            when source = 'global' and item_id is null then concat('overall mean, no ', {{ word() }})
            when source = 'global' then concat('overall mean, no ratings of the ', {{ word() }})
            when source = 'autoencoder' then 'prediction for the album by the autoencoder'
            when source = 'als' then concat('prediction for the ', {{ word() }}, ' by ALS')
            when source = 'neighbour'
                then concat(
                        'own rating of item ', shown, ', near the ', {{ var('dataset.noun') }}, ' in ',
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
        weight * part as contribution
    from named
)

select * from final order by ordinal
