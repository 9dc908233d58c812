-- how many rows of a file name what is forgotten
select count(*) as row_count
from read_parquet($path)
where {{ conditions | join(' or ') }}
