-- the original ids that are most similar to a text
select original_id
from read_parquet($path)
where jaro_winkler_similarity(lower(original_id), lower($text)) >= $least
order by jaro_winkler_similarity(lower(original_id), lower($text)) desc, {{ kind }}_id
limit $most
