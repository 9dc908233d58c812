-- grain: one item that is listed in a file, rated, a candidate, or a group of a listed item
-- key: item_id
-- units: item_type is 'track', 'album', 'artist' or 'genre'; original_id is the id in the imported file;
--   rating_count is the number of ratings by all users; rating_mean and bayes_mean on the owner's scale;
--   shrinkage is the overall mean's share in bayes_mean, 0..1
-- columns: item_id: id of the item in the warehouse; item_type: track, album, artist or genre; original_id:
--   id in the owner's data; name: name in the owner's data; rating_count: number of ratings by all users;
--   rating_mean: mean of these ratings on the owner's scale; bayes_mean: adjusted average on the owner's
--   scale; shrinkage: share of the overall mean in the adjusted average, 0..1; album_id: album of a track;
--   artist_id: artist of a track or an album
-- nulls: item_type of an item that no file lists; name where the data have no names; rating_count,
--   rating_mean of an unrated item; album_id, artist_id where the item has none
-- incremental: by item_id
-- formula: bayes_mean = (sum of values + C M) / (N + C), where M is the mean of all values; shrinkage =
--   C / (N + C)
with

listed as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

{% if var('dataset.values') == 'value' -%}
ratings as (
    select item_id, rating, value from {{ ref('staging.ratings') }}
),

priors as (
    select item_id, count(*) as rating_count, {{ mean_value() }} as rating_mean
    from ratings
    group by item_id
),

activity as (
    select rating_count, rating_mean from {{ ref('marts.user_activity') }}
),

overall as (
    select round(fsum(rating_count * rating_mean) / sum(rating_count), 9) as rating_mean from activity
),
{%- else -%}
priors as (
    select item_id, rating_count, rating_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),
{%- endif %}

named as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

parents as (
    select track_id as item_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
    union all
    select album_id as item_id, null as album_id, artist_id from {{ ref('staging.albums') }}
),

known_items as (
    select item_id from priors
    union
    select track_id as item_id from {{ ref('staging.candidates') }}
    union
    select group_id as item_id from {{ ref('hierarchy.memberships') }}
),

final as (
    select
        known_items.item_id,
        listed.item_type,
        coalesce(named.original_id, cast(known_items.item_id as varchar)) as original_id,
        named.name,
        priors.rating_count,
        priors.rating_mean,
        {{ bayes_mean(
            'coalesce(priors.rating_count * priors.rating_mean, 0)', 'coalesce(priors.rating_count, 0)',
            'overall.rating_mean'
        ) }} as bayes_mean,
        {{ var('bayes.confidence') }} / (coalesce(priors.rating_count, 0) + {{ var('bayes.confidence') }})
            as shrinkage,
        parents.album_id,
        parents.artist_id
    from known_items
    left join listed on known_items.item_id = listed.item_id
    left join priors on known_items.item_id = priors.item_id
    left join named on known_items.item_id = named.item_id
    left join parents on known_items.item_id = parents.item_id
    cross join overall
)

select * from final order by item_id
