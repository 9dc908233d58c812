-- the texts of users and of items with the ids that they mean: 1.0 is 1 where all ids of a column are whole
create table {{ role }}_keys as
with

keys as (
    select distinct {{ role }}_key as key from events
),

rule as (
    select bool_and(regexp_full_match(key, '[-+]?[0-9]+([.]0*)?')) as is_whole from keys
)

select
    keys.key,
    case when rule.is_whole then regexp_replace(keys.key, '[.]0*$', '') else keys.key end as original_id
from keys
cross join rule
