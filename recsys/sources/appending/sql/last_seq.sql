select max(seq) as last_seq, count(*) as row_count from read_parquet($paths)
