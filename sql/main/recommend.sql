-- grain: one of the user's best unrated tracks of the whole catalogue, best first
-- arguments: user_id, k
-- units: rank counts from 1, the best; score is that of the model adaptive, on the scale 0..100; reason is
--   the level that adds most to it
-- nulls: album_id, artist_id that the track lacks
-- formula: the ranking rule over what main.retrieved finds. The query is a text until the macro is called,
--   since DuckDB, when it creates a macro, refuses a column of the name of an argument anywhere below; {:d}
--   lets nothing but an integer into it
with

final as (
    select rank, track_id, score, reason, album_id, artist_id, track_prior
    from query(format('from {{ ref("main.recommended") }}({:d}, {:d})', user_id, k))
)

select * from final order by rank
