-- grain: what one level adds to a pair's score by a model of levels
-- arguments: the_user, the_track
-- units: value and amount on the owner's scale; weight is the level's in that model; after is the sum of the
--   amounts so far
-- nulls: item_id of the start and of the genres
-- formula: score = M sum of weights + sum of weight (value - M) over the levels; source is where a value
--   comes from: the user's own rating, ratings of sibling tracks, all users' ratings, a model, or M
{% set fixed = [
    ('weighted_average', 'weighted_average', '_flat', 'genre_mean_flat'),
    ('weighted_average_bayes', 'weighted_average', '', 'genre_mean'),
    ('max_genre', 'max_genre', '_flat', 'genre_max_flat'),
    ('max_genre_bayes', 'max_genre', '', 'genre_max'),
] %}
{% set autoencoder = ref_all('features.autoencoder') %}
{% set genre_source = "case when genre_rated > 0 then 'direct' else 'prior' end" %}
with

features as (
    select * from {{ ref('internal.pair_features') }}(the_user, the_track)
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

-- Models whose weights are those of parameters.toml; `_flat` columns are without adjusted averages.
fixed_levels as (
    {%- for model, section, ending, genre_column in fixed %}
    {%- for level in ['album', 'artist'] %}
    {%- set flat_source = "case when " ~ level ~ "_direct is null then 'mean' else 'direct' end" %}
    select
        '{{ model }}' as model, '{{ level }}' as level,
        {{ flat_source if ending else level ~ '_source' }} as source, {{ level }}_id as item_id,
        {{ level }}_score{{ ending }} as value, {{ var(section ~ '.' ~ level) }}::double as weight
    from features
    union all
    {%- endfor %}
    select
        '{{ model }}', 'genre', {{ genre_source }}, null, {{ genre_column }}, {{ var(section ~ '.genre') }}
    from features
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- Models that share the weight of a level that the user did not rate among the others.
adaptive_levels as (
    select
        'adaptive' as model, 'album' as level, album_source as source, album_id as item_id,
        album_score as value, {{ var('adaptive.album') }}::double as weight,
        album_source in ('direct', 'sibling') as is_rated
    from features
    union all
    select
        'adaptive', 'artist', artist_source, artist_id, artist_score, {{ var('adaptive.artist') }},
        artist_direct is not null
    from features
    union all
    select
        'adaptive', 'genre', {{ genre_source }}, null, coalesce(genre_direct, genre_mean),
        {{ var('adaptive.genre') }}, genre_direct is not null
    from features
),
{% if autoencoder %}
predictions as (
    select prediction from {{ autoencoder[0] }} where user_id = the_user and track_id = the_track
),
{% endif %}
shared_levels as (
    select * from adaptive_levels
    {%- if autoencoder %}
    {%- set is_predicted = "levels.level = 'album' and not levels.is_rated" %}
    union all
    select
        'autoencoder_fallback', levels.level,
        case when {{ is_predicted }} then 'autoencoder' else levels.source end, levels.item_id,
        case when {{ is_predicted }} then predictions.prediction else levels.value end,
        levels.weight, levels.is_rated or levels.level = 'album'
    from adaptive_levels as levels
    cross join predictions
    {%- endif %}
),

rated_weights as (
    select model, sum(weight order by level) filter (where is_rated) as weight
    from shared_levels
    group by model
),

levels as (
    select model, level, source, item_id, value, weight from fixed_levels
    union all
    select
        levels.model, levels.level, levels.source, levels.item_id, levels.value,
        case
            when coalesce(rated.weight, 0) = 0 then levels.weight
            when levels.is_rated then levels.weight / rated.weight
            else 0
        end
    from shared_levels as levels
    inner join rated_weights as rated on levels.model = rated.model
),

contributions as (
    select
        levels.model, 'start' as level, 'mean' as source, null::integer as item_id,
        any_value(overall.rating_mean) as value, sum(levels.weight order by levels.level) as weight,
        any_value(overall.rating_mean) * sum(levels.weight order by levels.level) as amount
    from levels
    cross join overall
    group by levels.model
    union all
    select
        levels.model, levels.level, levels.source, levels.item_id, levels.value, levels.weight,
        levels.weight * (levels.value - overall.rating_mean) as amount
    from levels
    cross join overall
),

final as (
    {{ ordered_steps('contributions', ref('internal.user_ratings'), on_ratings='true') }}
)

select * from final
