-- grain: one learned value of a candidate, or one model's score of any pair
-- arguments: the_user, the_track
-- units: value on the owner's scale for models of ratings, else on the model's own scale: a probability, or
--   relative to the user's candidates
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
    select '{{ model }}' as model, {{ score_on_owner_scale('score') }} as score
    from {{ inline('scores.' ~ model, {'features.candidates': 'features'}) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

other_scores as (
    select
        predictions.model,
        case
            when models.is_on_ratings then {{ score_on_owner_scale('predictions.score') }}
            else predictions.score
        end as score
    from {{ ref('marts.predictions') }} as predictions
    inner join {{ ref('marts.models') }} as models on predictions.model = models.model
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
    select 'album', 'autoencoder', features.album_id, {{ on_owner_scale('autoencoder.prediction') }}
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
        {{ on_owner_scale('als.' ~ level ~ '_score') }}
    from {{ relation }} as als
    inner join features on als.user_id = features.user_id and als.track_id = features.track_id
    {%- endfor %}
    {%- endfor %}
)

select * from final
