-- grain: a labelled candidate and a held-out fold other than its user's
-- key: model, user_id, track_id, held_out_fold
-- units: score of a model trained without the labels of the user's fold and of the held-out fold
-- nulls: none
-- formula: training input for ensembles: to score a fold, an ensemble learns from scores made without that
--   fold's labels (nested cross-validation); models that use no labels have plain scores only
-- materialized: view
with

final as (
    {%- for relation in ref_all('features.*_nested') %}
    select
        '{{ (relation.split('.') | last).removesuffix('_nested') }}' as model,
        user_id, track_id, held_out_fold, score
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select null::varchar as model, user_id, track_id, 0 as held_out_fold, 0.0::double as score
    from {{ ref('staging.candidates') }}
    where false
    {%- endfor %}
)

select * from final
