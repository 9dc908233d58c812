-- grain: one item that a list may recommend
-- key: item_id
-- units: what conditions of `recsys recommend --where` see; item is the owner's id; genres is a list of names
-- nulls: name where the data have none; album, artist where the item has none
-- materialized: view
-- formula: marts.item_facts with the names of its groups
with

facts as (
    select item_id, original_id, name, rating_count, rating_mean, album_id, artist_id
    from {{ ref('marts.item_facts') }}
),

tracks as (
    select track_id from {{ ref('staging.tracks') }}
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

genres as (
    select
        track_genres.track_id,
        list(coalesce(facts.name, facts.original_id) order by track_genres.genre_id) as genres
    from track_genres
    inner join facts on track_genres.genre_id = facts.item_id
    group by track_genres.track_id
),

final as (
    select
        facts.item_id,
        facts.original_id as item,
        facts.name,
        coalesce(albums.name, albums.original_id) as album,
        coalesce(artists.name, artists.original_id) as artist,
        coalesce(genres.genres, []) as genres,
        coalesce(facts.rating_count, 0) as interactions
    from tracks
    inner join facts on tracks.track_id = facts.item_id
    left join genres on tracks.track_id = genres.track_id
    left join facts as albums on facts.album_id = albums.item_id
    left join facts as artists on facts.artist_id = artists.item_id
)

select * from final
