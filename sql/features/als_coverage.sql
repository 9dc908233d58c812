-- grain: one level and source of the ALS scores
-- key: level, source
-- units: candidates is a count, share its part of all candidates
-- nulls: none
with

als as (
    select track_source, album_source, artist_source, genre_source from {{ ref('features.als') }}
),

long as (
    {%- for level in ['track', 'album', 'artist', 'genre'] %}
    {{ '' if loop.first else 'union all ' }}select '{{ level }}' as level, {{ level }}_source as source from als
    {%- endfor %}
),

final as (
    select level, source, count(*) as candidates, count(*) / (select count(*) from als) as share
    from long
    group by level, source
)

select * from final
