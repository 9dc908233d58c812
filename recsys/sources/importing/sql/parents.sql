-- {{ made }} with the ids of what they belong to
create table placed as
with

genres as (
    select genre_names.item_key, list(entities.item_id order by genre_names.place) as genre_ids
    from genre_names
    inner join entities on entities.kind = 'genre' and genre_names.genre = entities.original_id
    group by genre_names.item_key
)

select
    own.item_id,
    own.kind,
    albums.item_id as album_id,
    artists.item_id as artist_id,
    coalesce(genres.genre_ids, []::integer []) as genre_ids
from {{ made }} as own
left join listed on own.is_key and own.original_id = listed.item_key
left join entities as albums on albums.kind = 'album' and listed.album = albums.original_id
left join entities as artists on artists.kind = 'artist' and listed.artist = artists.original_id
left join genres on own.is_key and own.original_id = genres.item_key
order by own.item_id
