-- grain: a labelled candidate, and a fold that is not its user's
-- key: model, user_id, track_id, held_out_fold
-- units: score of a model that saw no label of the user's fold nor of the fold that is held out
-- nulls: none
-- formula: what learns from scores, and is to score a fold, learns from these: a model's plain scores of
--   other folds come from labels of that fold too. What no label is trained on has plain scores alone
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
