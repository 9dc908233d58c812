-- grain: one piece of evidence on a pair of a user and a track, candidate or not
-- arguments: user_id, track_id
-- units: value and rating_mean on the scale 0..100, a model's score as the model gives it; rating_count is
--   the number of ratings behind the value, shrinkage the overall mean's share in it, 0..1; weight is the
--   piece's share in the score of the model adaptive; the contributions add up to that score; evidence calls
--   items by name
-- nulls: item_id of what is about no item; rating_count, rating_mean, shrinkage of what is learned; shrinkage
--   of the user's own rating
-- formula: contribution = weight * value, as main.explained shares the weights out; an argument is a number
--   of the warehouse, or as a text an original id or a name. The query is a text until the macro is called,
--   since DuckDB, when it creates a macro, refuses a column of the name of an argument anywhere below
{% set user = asked('user_id', ref('main.user_meant'), 'user_id') %}
{% set track = asked('track_id', ref('main.item_meant'), 'item_id') %}
with

final as (
    select
        ordinal, level, evidence, item_id, value, rating_count, rating_mean, shrinkage, source, weight,
        contribution
    from query(format('from {{ ref("main.explained") }}({}, {})', {{ user }}, {{ track }}))
)

select * from final order by ordinal
