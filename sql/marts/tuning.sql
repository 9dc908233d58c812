-- grain: one point of a classifier's grid, tried for one fold
-- key: model, parameters, fold
-- units: accuracy 0..1, on the users of the fold after the held-out one
-- nulls: none
-- formula: is_chosen marks the parameters of the model that scores the fold, is_final those of the model
--   that scores users without labels: the best mean over the folds
{% set relations = ref_all('features.*_tuning') %}
with

final as (
    {%- for relation in relations %}
    select model, parameters, fold, accuracy, is_chosen, is_final from {{ relation }}
    {{ '' if loop.last else 'union all' }}
    {%- else %}
    select
        ''::varchar as model,
        ''::varchar as parameters,
        0::bigint as fold,
        0::double as accuracy,
        false as is_chosen,
        false as is_final
    where false
    {%- endfor %}
)

select * from final order by model, parameters, fold
