-- the integer ids of texts, tracks before items of other kinds that have the same original id
select original_id as text, min_by({{ kind }}_id, {{ 'kind <> \'track\'' if kind == 'item' else '0' }}) as id
from read_parquet($path)
where original_id in (select unnest($texts::varchar[]))
group by original_id
