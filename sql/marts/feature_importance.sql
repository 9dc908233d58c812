-- grain: one feature of one classifier or of the ranker
-- key: model, feature
-- units: importance 0..1, sums to 1 over a model's features
-- nulls: none
-- formula: trees: gain at the splits; logistic regression: size of the standardised coefficients; ranker:
--   rise of the log loss on held-out validation users when the feature is shuffled (permutation importance)
{% set relations = ref_all('features.*_importance') %}
with

final as (
    {%- for relation in relations %}
    select model, feature, importance from {{ relation }}
    {{ '' if loop.last else 'union all' }}
    {%- else %}
    select ''::varchar as model, ''::varchar as feature, 0::double as importance where false
    {%- endfor %}
)

select * from final order by model, importance desc, feature
