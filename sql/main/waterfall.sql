-- grain: one step from what a model starts with to its score of a pair of a user and a track
-- arguments: the_user, the_track
-- units: ordinal counts a model's steps from 1, the start; amounts add up to the score, after is their sum so
--   far, on the scale of the model; value, weight as in the relations of the parts
-- nulls: item_id, value, weight of what is about no item, or is no product
-- formula: the models whose score is a sum
with

final as (
    {%- for part in ['levels', 'neighbours', 'content', 'als', 'factors'] %}
    select model, ordinal, level, source, item_id, value, weight, amount, after
    from {{ ref('main.parts_of_' ~ part) }}(the_user, the_track)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final order by model, ordinal
