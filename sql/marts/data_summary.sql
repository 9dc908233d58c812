-- grain: one figure about the data set
-- key: measure
-- units: counts; shares 0..1; ratings on the owner's scale
-- columns: measure: what is counted or measured; value: the count, share or mean
-- nulls: value where the data set has no rows for it
with

ratings as (
    select rating, value, is_like from {{ ref('staging.ratings') }}
),

overall as (
    select rating_count, rating_mean from {{ ref('priors.overall') }}
),

users as (
    select rating_count from {{ ref('marts.user_activity') }}
),

items as (
    select items.item_type, priors.rating_count
    from {{ ref('hierarchy.items') }} as items
    left join {{ ref('priors.items') }} as priors on items.item_id = priors.item_id
),

tracks as (
    select album_id, artist_id from {{ ref('staging.tracks') }}
),

lineage as (
    select artist_id from {{ ref('hierarchy.track_lineage') }}
),

albums as (
    select artist_id from {{ ref('staging.albums') }}
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

candidates as (
    select user_id from {{ ref('staging.candidates') }}
),

judged as (
    select user_id from {{ ref('marts.ground_truth') }}
),

labels as (
    select user_id from {{ ref('staging.labels') }}
),

rating_figures as (
    select 'ratings' as measure, rating_count::double as value from overall
    union all
    {% if var('dataset.values') == 'value' -%}
    select 'rating mean', {{ mean_value() }} from ratings
    {%- else -%}
    select 'rating mean', rating_mean from overall
    {%- endif %}
    union all
    select 'share of likes', avg(is_like::int) from ratings
),

user_figures as (
    select 'users' as measure, count(*)::double as value from users
    union all
    select 'ratings per user, median', median(rating_count) from users
    union all
    select 'ratings per user, mean', avg(rating_count) from users
    union all
    select 'ratings per user, largest', max(rating_count) from users
),

item_figures as (
    select 'items' as measure, count(*)::double as value from items
    union all
    select item_type || 's', count(*) from items group by item_type
    union all
    select 'ratings per rated item, median', median(rating_count) from items
    union all
    select 'ratings per rated item, largest', max(rating_count) from items
    union all
    select 'share of ratings on ' || item_type || 's', sum(rating_count) / (select rating_count from overall)
    from items
    group by item_type
),

hierarchy_figures as (
    select 'tracks without album' as measure, avg((album_id is null)::int) as value from tracks
    union all
    select 'tracks without artist', avg((artist_id is null)::int) from tracks
    union all
    select 'tracks without artist after the fill', avg((artist_id is null)::int) from lineage
    union all
    select 'albums without artist', avg((artist_id is null)::int) from albums
    union all
    select 'genres per track', count(*) / nullif((select count(*) from tracks), 0) from track_genres
),

test_figures as (
    select 'test users' as measure, count(distinct user_id)::double as value from candidates
    union all
    select 'candidates', count(*) from candidates
    union all
    select 'users with labels to train on', count(distinct user_id) from labels
    union all
    select 'judged candidates', count(*) from judged
),

final as (
    select * from rating_figures
    union all
    select * from user_figures
    union all
    select * from item_figures
    union all
    select * from hierarchy_figures
    union all
    select * from test_figures
)

select * from final
