-- grain: one candidate
-- key: user_id, track_id
-- units: position counts the candidates of the test file from 1, in the order of its lines
-- nulls: none
{% if has_source('candidates') -%}
with

listed as (
    select
        {{ promised('user_id >= 0', 'user_id', 'no user id') }}::integer as user_id,
        {{ promised('track_id >= 0', 'track_id', 'no track id') }}::integer as track_id,
        {{ promised('position is not null', 'position', 'no position') }}::bigint as place
    from read_parquet({{ source('candidates') }})
),

divided as (
    select user_id, track_id, place, place // 1000000 as stretch from listed
),

stretches as (
    select stretch, count(*) as candidate_count from divided group by stretch
),

begins as (
    select stretch, sum(candidate_count) over (order by stretch) - candidate_count as before from stretches
),

counted as (
    select
        user_id,
        track_id,
        stretch,
        row_number() over (partition by stretch order by place, user_id, track_id) as ordinal,
        count(*) over (partition by user_id) as candidate_count
    from divided
),

placed as (
    select
        counted.user_id,
        counted.track_id,
        counted.candidate_count,
        (begins.before + counted.ordinal)::bigint as position
    from counted
    inner join begins on counted.stretch = begins.stretch
),

final as (
    select
        user_id,
        track_id,
        {{ promised('candidate_count % 2 = 0', 'position', 'an odd number of candidates') }} as position
    from placed
)
{%- else -%}
with

headers as (
    select user_id, candidate_count from {{ ref('staging.test_headers') }} order by line
),

entries as (
    select rowid as line, track_id from {{ ref('staging.test_lines') }} where header is null
),

owners as (
    select unnest(repeat([user_id], candidate_count)) as user_id from headers
),

numbered as (
    select track_id, row_number() over (order by line) as position from entries order by line
),

final as (
    select owners.user_id, numbered.track_id, numbered.position
    from owners positional join numbered
)
{%- endif %}

select * from final
