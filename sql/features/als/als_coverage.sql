-- grain: one level and fallback source of the ALS scores
-- key: level, source
-- units: candidates is a count, share the fraction of all candidates
-- nulls: none
with

als as (
    select track_source, album_source, artist_source, genre_source from {{ ref('features.als') }}
),

unpivoted as (
    select 'track' as level, track_source as source from als
    union all
    select 'album' as level, album_source as source from als
    union all
    select 'artist' as level, artist_source as source from als
    union all
    select 'genre' as level, genre_source as source from als
),

final as (
    select level, source, count(*) as candidates, count(*) / (select count(*) from als) as share
    from unpivoted
    group by level, source
)

select * from final
