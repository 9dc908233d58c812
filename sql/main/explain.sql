-- grain: one line of the explanation of a user's score for a track, candidate or not
-- arguments: user_id, track_id
-- units: value and rating_mean on the owner's scale: stars, plays; a model's score on the model's own scale;
--   rating_count is the number of ratings behind the value; shrinkage is the overall mean's share in it,
--   0..1; weight is the line's share in the score of the model adaptive; the contributions add up to that
--   score, on the owner's scale of ratings, or on the log scale 0..100 for counts; evidence names items by
--   their names
-- nulls: item_id of a line that is not about an item; rating_count, rating_mean, shrinkage of a learned
--   value; shrinkage of the user's own rating
-- formula: contribution = weight * value, with the weights of internal.explanation. A number is an id of the
--   warehouse, a text an original id or a name. The query is text until the macro is called, because DuckDB
--   does not create a macro whose query has columns named like its arguments
{% set user = id_expression('user_id', ref('internal.user_id_of'), 'user_id') %}
{% set track = id_expression('track_id', ref('internal.item_id_of'), 'item_id') %}
with

final as (
    select
        ordinal, level, evidence, item_id, value, rating_count, rating_mean, shrinkage, source, weight,
        contribution
    from query(format('from {{ ref("internal.explanation") }}({}, {})', {{ user }}, {{ track }}))
)

select * from final order by ordinal
