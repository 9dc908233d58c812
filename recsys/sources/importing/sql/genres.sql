-- one genre of one listed item; MovieLens writes words where it has none
create table genre_names as
with

words as (
    select item_key, unnest(genres) as word, unnest(range(len(genres))) as place from listed
),

trimmed as (
    select item_key, trim(word) as genre, place from words
)

select item_key, genre, min(place) as place
from trimmed
where genre <> '' and genre <> '(no genres listed)'
group by item_key, genre
