select count(*) as row_count from coded
