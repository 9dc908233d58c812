-- grain: one item that a file lists, somebody rated, or is a candidate or a group of something listed
-- key: item_id
-- units: item_type is 'track', 'album', 'artist' or 'genre'; original_id is the id as the data's owner has
--   it; rating_count counts all users' ratings; rating_mean and bayes_mean 0..100; shrinkage is the overall
--   mean's share in bayes_mean, 0..1
-- nulls: item_type of what no file lists; name where the data have none; rating_count, rating_mean of what
--   nobody rated; album_id, artist_id where the item has none
-- formula: shrinkage = C / (N + C); bayes_mean of what nobody rated is the overall mean
with

listed as (
    select item_id, item_type from {{ ref('hierarchy.items') }}
),

priors as (
    select item_id, rating_count, rating_mean, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

named as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

parents as (
    select track_id as item_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
    union all
    select album_id as item_id, null as album_id, artist_id from {{ ref('staging.albums') }}
),

mentioned as (
    select item_id from priors
    union
    select track_id as item_id from {{ ref('staging.candidates') }}
    union
    select group_id as item_id from {{ ref('hierarchy.memberships') }}
),

final as (
    select
        mentioned.item_id,
        listed.item_type,
        coalesce(named.original_id, cast(mentioned.item_id as varchar)) as original_id,
        named.name,
        priors.rating_count,
        priors.rating_mean,
        coalesce(priors.bayes_mean, overall.rating_mean) as bayes_mean,
        {{ var('bayes.confidence') }} / (coalesce(priors.rating_count, 0) + {{ var('bayes.confidence') }})
            as shrinkage,
        parents.album_id,
        parents.artist_id
    from mentioned
    left join listed on mentioned.item_id = listed.item_id
    left join priors on mentioned.item_id = priors.item_id
    left join named on mentioned.item_id = named.item_id
    left join parents on mentioned.item_id = parents.item_id
    cross join overall
)

select * from final order by item_id
