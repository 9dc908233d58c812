-- grain: one part of a user's score of an item, or a note on it
-- arguments: user_id, track_id, model := null
-- units: model is a list model, by default the one that made the lists, or a model of the leaderboard, whose
--   name is written scores.NAME where a list model has the same; value and rating_mean are on the
--   owner's scale, a score's on that of its model; rating_count is the number of ratings behind the value;
--   shrinkage is the overall mean's share in it, 0..1; the contributions add up to the score, of adaptive on
--   the owner's scale of ratings, or on the log scale 0..100 for counts; evidence and item name items as the
--   data's owner does
-- nulls: contribution of a row that is no part of the score; item_id, item of a row that is not about an
--   item; value of a row without one; rating_count, rating_mean, shrinkage except of adaptive; weight of
--   a part that is no product
-- formula: internal.list_explanation, internal.explanation of adaptive, internal.score_explanation. A number
--   is an id of the warehouse, a text an original id or a name. The query is text until the macro is called,
--   because DuckDB does not create a macro whose query has columns named like its arguments
{% set user = id_expression('user_id', ref('internal.user_id_of'), 'user_id') %}
{% set track = id_expression('track_id', ref('internal.item_id_of'), 'item_id') %}
{% set lists = list_models() | list %}
{% set given = "replace(model::varchar, 'scores.', '')" %}
with

explained as (
    select
        parts.model, parts.ordinal, parts.level, parts.evidence, parts.item_id, parts.value,
        parts.rating_count, parts.rating_mean, parts.shrinkage, parts.source, parts.weight,
        parts.contribution
    from query(
            format(
                case
                    when model is null or model::varchar in ('{{ lists | join("', '") }}')
                        then 'from {{ ref("internal.list_explanation") }}({}, {}, {})'
                    when {{ given }} = 'adaptive' then 'from {{ ref("internal.explanation") }}({}, {})'
                    else 'from {{ ref("internal.score_explanation") }}({}, {}, {})'
                end,
                {{ user }},
                {{ track }},
                coalesce('''' || replace({{ given }}, '''', '''''') || '''', 'null')
            )
        ) as parts
),

items as (
    select item_id, original_id from {{ ref('marts.item_facts') }}
),

final as (
    select explained.*, items.original_id as item
    from explained
    left join items on explained.item_id = items.item_id
)

select * from final order by ordinal
