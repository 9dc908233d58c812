select count(*) as row_count from held_out
