-- 1.0 is 1 where all ids of the column are whole numbers
update listed
set item_key = regexp_replace(item_key, '[.]0*$', '')
where
    contains(item_key, '.')
    and (select bool_and(regexp_full_match(item_key, '[-+]?[0-9]+([.]0*)?')) from listed)
