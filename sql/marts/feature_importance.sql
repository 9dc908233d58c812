-- grain: one feature of one classifier, or of the ranker
-- key: model, feature
-- units: importance is the feature's share in the model, 0..1, and sums to 1 over the model's features
-- nulls: none
-- formula: gain at the splits of the trees; size of the coefficients of standardised features;
--   the rise of the ranker's log loss on validation users that it did not see, when the feature is shuffled
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
