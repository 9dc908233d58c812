-- grain: what one level adds to a pair's score by a model of levels
-- arguments: the_user, the_track
-- units: value and amount on the owner's scale; weight is the level's in that model; after is the sum of the
--   amounts so far
-- nulls: item_id of the start and of the genres
-- formula: score = M sum of weights + sum of weight (value - M) over the levels; source is where a value
--   comes from: the user's own rating, ratings of sibling tracks, all users' ratings, a model, or M
{% set flat = {'album': 'album_score_flat', 'artist': 'artist_score_flat'} %}
{% set shrunk = {'album': 'album_score', 'artist': 'artist_score'} %}
{% set fixed = [
    ('weighted_average', 'weighted_average', flat, 'genre_mean_flat'),
    ('weighted_average_bayes', 'weighted_average', shrunk, 'genre_mean'),
    ('max_genre', 'max_genre', flat, 'genre_max_flat'),
    ('max_genre_bayes', 'max_genre', shrunk, 'genre_max'),
] %}
{% set autoencoder = ref_all('features.autoencoder') %}
with

features as (
    select * from {{ ref('internal.pair_features') }}(the_user, the_track)
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
    {%- for model, section, columns, genres in fixed %}
    {%- for level, column in columns.items() %}
    select
        '{{ model }}' as model, '{{ level }}' as level,
        {% if columns == flat -%}
        case when {{ level }}_direct is null then 'mean' else 'direct' end
        {%- else -%}
        {{ level }}_source
        {%- endif %} as source,
        {{ level }}_id as item_id, {{ column }} as value, {{ var(section ~ '.' ~ level) }}::double as weight,
        false as is_shared, true as is_known
    from features
    union all
    {%- endfor %}
    select
        '{{ model }}', 'genre', case when genre_rated > 0 then 'direct' else 'prior' end, null, {{ genres }},
        {{ var(section ~ '.genre') }}, false, true
    from features
    union all
    {%- endfor %}
    select
        'adaptive', 'album', album_source, album_id, album_score, {{ var('adaptive.album') }}, true,
        album_source in ('direct', 'sibling')
    from features
    {%- if autoencoder %}
    union all
    select
        'autoencoder_fallback', 'album',
        case when album_source in ('prior', 'global') then 'autoencoder' else album_source end, album_id,
        case when album_source in ('prior', 'global') then prediction else album_score end,
        {{ var('adaptive.album') }}, true, true
    from features
    cross join predictions
    {%- endif %}
    {%- for model in ['adaptive'] + (['autoencoder_fallback'] if autoencoder else []) %}
    {%- set only = ' cross join predictions' if model != 'adaptive' else '' %}
    union all
    select
        '{{ model }}', 'artist', artist_source, artist_id, artist_score, {{ var('adaptive.artist') }}, true,
        artist_direct is not null
    from features{{ only }}
    union all
    select
        '{{ model }}', 'genre', case when genre_rated > 0 then 'direct' else 'prior' end, null,
        coalesce(genre_direct, genre_mean), {{ var('adaptive.genre') }}, true, genre_direct is not null
    from features{{ only }}
    {%- endfor %}
),

summed as (
    select model, sum(weight order by level) filter (where is_known) as known_weight
    from levels
    group by model
),

weighted as (
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

parts as (
    select
        weighted.model, 'start' as level, 'mean' as source, null::integer as item_id,
        any_value(overall.rating_mean) as value, sum(weighted.weight order by weighted.level) as weight,
        any_value(overall.rating_mean) * sum(weighted.weight order by weighted.level) as amount
    from weighted
    cross join overall
    group by weighted.model
    union all
    select
        weighted.model, weighted.level, weighted.source, weighted.item_id, weighted.value, weighted.weight,
        weighted.weight * (weighted.value - overall.rating_mean) as amount
    from weighted
    cross join overall
),

final as (
    {{ ordered_steps('parts', ref('internal.user_ratings'), on_ratings='true') }}
)

select * from final
