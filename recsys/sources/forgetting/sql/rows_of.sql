-- the number of rows of a file with a forgotten user or item
select count(*) as row_count
from read_parquet($path)
where {{ conditions | join(' or ') }}
