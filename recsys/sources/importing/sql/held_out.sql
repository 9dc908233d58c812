select count(*) as candidates, count(distinct user_id) as test_users from truth
