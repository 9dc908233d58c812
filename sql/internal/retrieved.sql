-- grain: one unrated track retrieved for the user
-- arguments: the_user
-- units: ids of the files
-- nulls: none
-- formula: for each level, tracks of the groups that the user rated highest, ties by the track's prior, then
--   by track_id, as in the ranking rule; an unrated album counts with the mean of its rated tracks; the most
--   rated tracks are added
{% set levels = ['album', 'artist', 'genre'] %}
with

users as (
    select user_id from {{ ref('internal.require_user') }}(the_user)
),

history as (
    select item_id, rating from {{ ref('internal.user_ratings') }}(the_user)
),

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

priors as (
    select item_id, bayes_mean from {{ ref('priors.items') }}
),

overall as (
    select rating_mean from {{ ref('priors.overall') }}
),

popular as (
    select track_id from {{ ref('features.popular_tracks') }}
),

album_values as (
    select lineage.album_id, sum(history.rating) / count(*) as value
    from history
    inner join lineage on history.item_id = lineage.track_id
    group by lineage.album_id
),

liked as (
    select item_id, rating::double as value from history
    union all
    select album_values.album_id as item_id, album_values.value
    from album_values anti join history on album_values.album_id = history.item_id
),
{% for level in levels %}
by_{{ level }} as (
    select members.track_id
    from liked
    inner join {{ 'track_genres' if level == 'genre' else 'lineage' }} as members
        on liked.item_id = members.{{ level }}_id
    anti join history on members.track_id = history.item_id
    left join priors on members.track_id = priors.item_id
    cross join overall
    group by members.track_id
    order by
        max(liked.value) desc,
        any_value(coalesce(priors.bayes_mean, overall.rating_mean)) desc,
        members.track_id
    limit {{ var('recommend.tracks_per_level') }}
),
{% endfor %}
retrieved as (
    {%- for level in levels %}
    select track_id from by_{{ level }}
    union
    {%- endfor %}
    select popular.track_id from popular anti join history on popular.track_id = history.item_id
),

final as (
    select users.user_id, retrieved.track_id from users cross join retrieved
)

select * from final
