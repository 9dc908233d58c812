-- grain: one of the user's best unrated tracks of the whole catalogue, best first
-- arguments: user_id, k
-- units: rank counts from 1, the best; item is the track's id as the data's owner writes it; score is that of
--   the model adaptive, on the scale 0..100; reason is the level that adds most to it
-- nulls: name of a track without one; album_id, artist_id that the track lacks
-- formula: the ranking rule over what main.retrieved finds; user_id is a number of the warehouse, or as a
--   text an original id or a name. The query is a text until the macro is called, since DuckDB, when it
--   creates a macro, refuses a column of the name of an argument anywhere below
{% set user = asked('user_id', ref('main.user_meant'), 'user_id') %}
with

final as (
    select rank, track_id, item, name, score, reason, album_id, artist_id, track_prior
    from query(format('from {{ ref("main.recommended") }}({}, {:d})', {{ user }}, k))
)

select * from final order by rank
