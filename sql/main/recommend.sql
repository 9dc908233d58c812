-- grain: one of the user's best unrated tracks, best first
-- arguments: user_id, k
-- units: rank numbers the tracks from 1, the best; item is the track's id in the imported file; score is
--   that of the model adaptive, 0..100; reason is the level that adds most to it
-- nulls: name where the data have no names; album_id, artist_id where the track has none
-- formula: the ranking rule over internal.retrieved. user_id is an id of the warehouse, or as text an
--   original id or a name. The query is text until the macro is called, because DuckDB does not create a
--   macro whose query has columns named like its arguments
{% set user = id_expression('user_id', ref('internal.user_id_of'), 'user_id') %}
with

final as (
    select rank, track_id, item, name, score, reason, album_id, artist_id, track_prior
    from query(format('from {{ ref("internal.recommendations") }}({}, {:d})', {{ user }}, k))
)

select * from final order by rank
