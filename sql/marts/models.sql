-- grain: one model of the leaderboard
-- key: model
-- units: steps is the macro that shows its score step by step; is_on_ratings says whether scores are on the
--   scale of the ratings, scores_any_pair whether it scores items that are no candidates of the user
-- nulls: steps of a model whose score cannot be shown step by step
-- formula: from the headers of the models in scores/
with

final as (
    {%- for model in models('scores') %}
    {%- set relation = 'scores.' ~ model %}
    select
        '{{ model }}' as model,
        nullif('{{ header(relation, 'steps') }}', '') as steps,
        {{ (header(relation, 'scale') == 'ratings') | lower }} as is_on_ratings,
        {{ (header(relation, 'pairs') != 'candidates') | lower }} as scores_any_pair
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select null::varchar as model, null::varchar as steps, false as is_on_ratings, false as scores_any_pair
    where false
    {%- endfor %}
)

select * from final order by model
