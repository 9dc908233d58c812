-- the first row, counted from 0, off a scale, and the bounds of all values
select
    min(rowid) filter (where value < $lowest or value > $highest) as place,
    min(value) as least,
    max(value) as greatest
from events
