-- of several ratings of one item by one user, the last
create table kept as
select user_key, item_key, rating, time
from events
qualify row_number() over (partition by user_key, item_key order by time desc, rowid desc) = 1
order by rowid
