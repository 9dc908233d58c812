{# Labels UserId|TrackId|0 or 1 of some candidates; an empty relation if there is no such file. #}
{% macro labels_of(path, candidates, is_parquet) -%}
with

candidates as (
    select user_id, track_id from {{ candidates }}
),

{% if path and is_parquet -%}
parsed as (
    select
        user_id::integer as user_id,
        track_id::integer as track_id,
        {{ require('label between 0 and 1', 'label', 'no label') }}::smallint as label,
        true as is_label
    from read_parquet({{ path }})
),
{%- elif path -%}
lines as (
    select string_split(line, '|') as fields from {{ read_lines(path) }}
),

parsed as (
    select
        {{ strict_integer('fields[1]') }} as user_id,
        {{ strict_integer('fields[2]') }} as track_id,
        {{ strict_integer('fields[3]', 'smallint', 1) }} as label,
        {{ require('array_length(fields) = 3', 'true', 'wrong number of fields') }} as is_label
    from lines
),
{%- endif %}
{% if path %}
final as (
    select
        parsed.user_id,
        {{ require('candidates.track_id is not null', 'parsed.track_id', 'label of no candidate') }} as track_id,
        parsed.label
    from parsed
    left join candidates
        on parsed.user_id = candidates.user_id and parsed.track_id = candidates.track_id
    where parsed.is_label
)
{%- else -%}
final as (
    select user_id, track_id, 0::smallint as label from candidates where false
)
{%- endif %}
{%- endmacro %}

{# True unless the row's model was trained on the labels of the row's user. #}
{% macro is_unseen(relation, leaky, labels) -%}
({{ relation }}.model not in ('{{ leaky | join("', '") }}')
        or {{ relation }}.user_id not in (select seen.user_id from {{ labels }} as seen))
{%- endmacro %}
