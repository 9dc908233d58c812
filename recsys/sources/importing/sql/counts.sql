-- what was written
select
    (select count(*) from coded) as ratings,
    (select count(*) from users) as users,
    count(*) filter (where kind = 'track') as tracks,
    count(*) filter (where kind = 'album') as albums,
    count(*) filter (where kind = 'artist') as artists,
    count(*) filter (where kind = 'genre') as genres
from entities
