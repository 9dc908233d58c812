-- grain: one candidate scored by one model, ensembles left out
-- key: model, user_id, track_id
-- units: score as in the model's own relation
-- nulls: none
-- formula: of the models trained on labels, only those with nested scores (features.nested_scores); plain
--   scores would leak labels into an ensemble
-- materialized: view
{% set blends = ['scores.ensemble', 'scores.stacked_ensemble'] %}
{% set nested = models('features') %}
{% set clean = namespace(relations=[]) %}
{% for relation in ref_all('scores.*', excluding=blends) %}
{% set stem = relation.split('.') | last %}
{% if stem ~ '_nested' in nested or not depends_on(relation, 'staging.labels') %}
{% set clean.relations = clean.relations + [relation] %}
{% endif %}
{% endfor %}
with

final as (
    {{- union_of_scores(clean.relations) }}
)

select * from final
