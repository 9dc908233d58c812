-- grain: an item, or one of those that it belongs to or that belong to it, the most rated of each type
-- arguments: the_item
-- units: place is 'above', 'itself' or 'below'; member_count counts all of that place and type; rating_mean
--   and bayes_mean 0..100, rating_count by all users; shrinkage is the overall mean's share in bayes_mean,
--   0..1
-- nulls: rating_count, rating_mean of what nobody rated; item_type of what no file lists
-- formula: shrinkage = C / (N + C); bayes_mean of what nobody rated is the overall mean
{% set most = 12 %}
with

itself as (
    select item_id from {{ ref('main.known_item') }}(the_item)
),

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

albums as (
    select album_id, artist_id from {{ ref('staging.albums') }}
),

edges as (
    select track_id as member_id, album_id as group_id from lineage
    union all
    select track_id as member_id, artist_id as group_id from lineage
    union all
    select album_id as member_id, artist_id as group_id from albums
    union all
    select track_id as member_id, genre_id as group_id from {{ ref('hierarchy.track_genres') }}
    union all
    select album_id as member_id, genre_id as group_id from {{ ref('staging.album_genres') }}
),

relatives as (
    select 'itself' as place, item_id from itself
    union all
    select 'above' as place, group_id as item_id from edges where member_id = the_item
    union all
    select 'below' as place, member_id as item_id from edges where group_id = the_item
),

items as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

priors as (
    select item_id, rating_count, rating_mean, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

described as (
    select
        relatives.place,
        relatives.item_id,
        items.item_type,
        priors.rating_count,
        priors.rating_mean,
        coalesce(priors.bayes_mean, overall.rating_mean) as bayes_mean,
        {{ var('bayes.confidence') }} / (coalesce(priors.rating_count, 0) + {{ var('bayes.confidence') }})
            as shrinkage
    from relatives
    left join items on relatives.item_id = items.item_id
    left join priors on relatives.item_id = priors.item_id
    cross join overall
    where relatives.item_id is not null
),

final as (
    select *, count(*) over (partition by place, item_type) as member_count
    from described
    qualify
        row_number() over (
            partition by place, item_type order by coalesce(rating_count, 0) desc, item_id
        ) <= {{ most }}
)

select * from final order by place, item_type, coalesce(rating_count, 0) desc, item_id
