-- the texts of {{ role }}s with the ids that they mean: without blanks around them, and 1.0 is 1 where all ids are
-- whole numbers, in the file and, for an append, in the data directory
{% from 'values.sql' import blanks -%}
create table {{ role }}_keys as
with

keys as (
    select distinct {{ role }}_key as key from events
),

trimmed as (
    select key, trim(key, {{ blanks() }}) as id from keys
),

rule as (
    select
        (select bool_and(regexp_full_match(id, '[-+]?[0-9]+([.]0*)?')) from trimmed)
        {%- if is_append %}
        and (select bool_and(regexp_full_match(original_id, '[-+]?[0-9]+')) from known_{{ role }}s
            {{- " where kind = 'track'" if role == 'item' }})
        {%- endif %} as is_whole
)

select
    trimmed.key,
    case when rule.is_whole then regexp_replace(trimmed.id, '[.]0*$', '') else trimmed.id end as original_id
from trimmed
cross join rule
