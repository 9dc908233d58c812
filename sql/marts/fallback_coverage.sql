-- grain: one feature and the fallback level its values come from
-- key: feature, source
-- units: candidates, or genres of candidates for the feature 'genre'; share of the feature's rows, 0..1
-- nulls: none
with

candidates as (
    select album_source, artist_source from {{ ref('features.candidates') }}
),

genre_values as (
    select direct, genre_id from {{ ref('features.genre_values') }}
),

priors as (
    select item_id from {{ ref('priors.items') }}
),

looked_up as (
    select 'album' as feature, album_source as source from candidates
    union all
    select 'artist' as feature, artist_source as source from candidates
    union all
    select
        'genre' as feature,
        case
            when genre_values.direct is not null then 'direct'
            when priors.item_id is not null then 'prior'
            else 'global'
        end as source
    from genre_values
    left join priors on genre_values.genre_id = priors.item_id
),

final as (
    select
        feature,
        source,
        count(*) as candidates,
        count(*) / sum(count(*)) over (partition by feature) as share
    from looked_up
    group by feature, source
)

select * from final order by feature, candidates desc
