-- grain: one item of the user's list, best first
-- arguments: user_id, k
-- units: rank counts from 1, the best; item is the id as the data's owner writes it; score is that of the
--   model that made the list; reason is the interaction that adds most to the score
-- nulls: name of an item without one; reason of models without reasons
-- formula: the first k of marts.recommendations; user_id is a number of the warehouse, or as a text an
--   original id or a name. The query is a text until the macro is called, since DuckDB, when it creates a
--   macro, refuses a column of the name of an argument anywhere below
{% set user = id_expression('user_id', ref('internal.user_id_of'), 'user_id') %}
{% set lists = ref('marts.recommendations') %}
with

final as (
    select rank, item_id, item, name, score, reason, model
    from query(
            format(
                concat(
                    'from {{ ref("internal.described_lists") }}(''{{ lists }}'') ',
                    'where user_id = (from {{ ref("internal.require_user") }}({})) and rank <= {:d}'
                ),
                {{ user }},
                k
            )
        )
)

select * from final order by rank
