-- grain: what one level of a pair of a user and a track adds to the score of a model of levels
-- arguments: the_user, the_track
-- units: value 0..100; weight is the level's in that model; amount on the scale of the model
-- nulls: item_id of the start and of the genres
-- formula: score = M sum of weights + sum of weight (value - M) over the levels; source says where a value is
--   from: the user's own rating, ratings of other tracks of the album, all users', a model, or M itself
{% set chains = {
    'weighted_average': [
        ('album', 'album_score_flat', 'flat'), ('artist', 'artist_score_flat', 'flat'),
        ('genre', 'genre_mean_flat', 'genre'),
    ],
    'weighted_average_bayes': [
        ('album', 'album_score', 'album_source'), ('artist', 'artist_score', 'artist_source'),
        ('genre', 'genre_mean', 'genre'),
    ],
    'max_genre': [
        ('album', 'album_score_flat', 'flat'), ('artist', 'artist_score_flat', 'flat'),
        ('genre', 'genre_max_flat', 'genre'),
    ],
    'max_genre_bayes': [
        ('album', 'album_score', 'album_source'), ('artist', 'artist_score', 'artist_source'),
        ('genre', 'genre_max', 'genre'),
    ],
} %}
{% set sections = {'weighted_average_bayes': 'weighted_average', 'max_genre_bayes': 'max_genre'} %}
{% set autoencoder = ref_all('features.autoencoder') %}
with

features as (
    select * from {{ ref('main.features_of') }}(the_user, the_track)
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),
{% if autoencoder %}
predictions as (
    select prediction from {{ autoencoder[0] }} where user_id = the_user and track_id = the_track
),
{% endif %}
levels as (
    {%- for model, levels in chains.items() %}
    {%- for level, value, source in levels %}
    select
        '{{ model }}' as model, '{{ level }}' as level,
        {% if source == 'flat' -%}
        case when {{ level }}_direct is null then 'mean' else 'direct' end
        {%- elif source == 'genre' -%}
        case when genre_rated > 0 then 'direct' else 'prior' end
        {%- else -%}
        {{ source }}
        {%- endif %} as source,
        {{ 'null' if level == 'genre' else level ~ '_id' }} as item_id, {{ value }} as value,
        {{ var(sections.get(model, model) ~ '.' ~ level) }}::double as weight,
        false as is_shared, true as is_known
    from features
    union all
    {%- endfor %}
    {%- endfor %}
    {%- for level in ['album', 'artist'] %}
    select
        'adaptive', '{{ level }}', {{ level }}_source, {{ level }}_id, {{ level }}_score,
        {{ var('adaptive.' ~ level) }}, true, {{ level }}_source in ('direct', 'sibling')
    from features
    union all
    {%- endfor %}
    select
        'adaptive', 'genre', case when genre_rated > 0 then 'direct' else 'prior' end, null,
        coalesce(genre_direct, genre_mean), {{ var('adaptive.genre') }}, true, genre_direct is not null
    from features
    {%- if autoencoder %}
    union all
    select
        'autoencoder_fallback', 'album',
        case
            when features.album_source in ('prior', 'global') then 'autoencoder'
            else features.album_source
        end,
        features.album_id,
        case
            when features.album_source in ('prior', 'global') then predictions.prediction
            else features.album_score
        end,
        {{ var('adaptive.album') }}, true, true
    from features
    cross join predictions
    union all
    select
        'autoencoder_fallback', 'artist', features.artist_source, features.artist_id, features.artist_score,
        {{ var('adaptive.artist') }}, true, features.artist_direct is not null
    from features
    cross join predictions
    union all
    select
        'autoencoder_fallback', 'genre',
        case when features.genre_rated > 0 then 'direct' else 'prior' end, null,
        coalesce(features.genre_direct, features.genre_mean), {{ var('adaptive.genre') }}, true,
        features.genre_direct is not null
    from features
    cross join predictions
    {%- endif %}
),

summed as (
    select model, sum(weight order by level) filter (where is_known) as known_weight
    from levels
    group by model
),

weighed as (
    select
        levels.model, levels.level, levels.source, levels.item_id, levels.value,
        case
            when not levels.is_shared or coalesce(summed.known_weight, 0) = 0 then levels.weight
            when levels.is_known then levels.weight / summed.known_weight
            else 0
        end as weight
    from levels
    inner join summed on levels.model = summed.model
),

final as (
    select
        weighed.model, 'start' as level, 'mean' as source, null::integer as item_id,
        any_value(overall.rating_mean) as value, sum(weighed.weight order by weighed.level) as weight,
        any_value(overall.rating_mean) * sum(weighed.weight order by weighed.level) as amount
    from weighed
    cross join overall
    group by weighed.model
    union all
    select
        weighed.model, weighed.level, weighed.source, weighed.item_id, weighed.value, weighed.weight,
        weighed.weight * (weighed.value - overall.rating_mean) as amount
    from weighed
    cross join overall
)

select * from final
