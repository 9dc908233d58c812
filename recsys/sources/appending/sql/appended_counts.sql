select
    count(*) as rows_given,
    count(*) filter (where is_repeated and not is_unchanged) as repeated,
    count(*) filter (where is_unchanged) as unchanged,
    count(*) filter (where not is_repeated) as added,
    count(distinct user_id) as users
from joined
