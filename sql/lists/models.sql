-- grain: one list model
-- key: model
-- units: position counts the models from 0, the simplest first; settings is a JSON object of its kind and
--   settings
-- nulls: none
-- formula: from the headers of the models in lists/
with

final as (
    {%- for model in list_models() %}
    select
        '{{ model }}' as model,
        {{ loop.index0 }} as position,
        '{{ list_models()[model] | default({}) | tojson }}' as settings
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select null::varchar as model, 0 as position, null::varchar as settings where false
    {%- endfor %}
)

select * from final
