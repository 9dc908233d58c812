-- grain: one step from a model's starting point to its score for a pair of a user and a track
-- arguments: the_user, the_track
-- units: ordinal numbers a model's steps from 1, the starting point; amounts add up to the score, after is
--   their sum so far, on the owner's scale for a model of ratings, else on the model's own; value, weight as
--   in the internal.contributions_* macros
-- nulls: item_id, value, weight of a term without an item, or that is not a product
-- formula: models whose score is a sum
with

final as (
    {%- for contributions in ref_all('internal.contributions_*') %}
    select model, ordinal, level, source, item_id, value, weight, amount, after
    from {{ contributions }}(the_user, the_track)
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final order by model, ordinal
