-- grain: one learned value of a candidate, or one model's score of any pair
-- arguments: the_user, the_track
-- units: value on the model's own scale: 0..100, a probability, or relative to the user's candidates
-- nulls: item_id of a value for the whole pair
-- formula: heuristics score any pair; learned models score candidates only
{% set heuristics = [
    'adaptive', 'max_genre', 'max_genre_bayes', 'weighted_average', 'weighted_average_bayes',
] %}
with

features as (
    select * from {{ ref('internal.pair_features') }}(the_user, the_track)
),

heuristic_scores as (
    {%- for model in heuristics %}
    select '{{ model }}' as model, score
    from {{ inline('scores.' ~ model, {'features.candidates': 'features'}) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

other_scores as (
    select predictions.model, predictions.score
    from {{ ref('marts.predictions') }} as predictions
    where predictions.user_id = the_user
        and predictions.track_id = the_track
        and predictions.model not in (select model from heuristic_scores)
),

final as (
    select 'model' as level, model as source, null::integer as item_id, score as value from heuristic_scores
    union all
    select 'model' as level, model as source, null::integer as item_id, score as value from other_scores
    {%- for relation in ref_all('features.autoencoder') %}
    union all
    select 'album', 'autoencoder', features.album_id, autoencoder.prediction
    from {{ relation }} as autoencoder
    inner join features on autoencoder.user_id = features.user_id and autoencoder.track_id = features.track_id
    {%- endfor %}
    {%- for relation in ref_all('features.als') %}
    {%- for level in ['track', 'album', 'artist', 'genre'] %}
    union all
    select
        '{{ level }}',
        'als',
        {{ 'null' if level == 'genre' else 'features.' ~ level ~ '_id' }},
        als.{{ level }}_score
    from {{ relation }} as als
    inner join features on als.user_id = features.user_id and als.track_id = features.track_id
    {%- endfor %}
    {%- endfor %}
)

select * from final
