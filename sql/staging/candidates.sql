-- grain: one candidate: a track of a user in the test file, to be predicted as liked or not
-- key: user_id, track_id
-- units: position is the candidate's 1-based place in the test file
-- nulls: none
{% if has_source('candidates') -%}
with

listed as (
    select
        {{ require('user_id >= 0', 'user_id', 'no user id') }}::integer as user_id,
        {{ require('track_id >= 0', 'track_id', 'no track id') }}::integer as track_id,
        {{ require('position is not null', 'position', 'no position') }}::bigint as place
    from read_parquet({{ source('candidates') }})
),

numbered_rows as (
    select user_id, track_id, place, place // 1000000 as block from listed
),

block_sizes as (
    select block, count(*) as candidate_count from numbered_rows group by block
),

block_starts as (
    select block, sum(candidate_count) over (order by block) - candidate_count as before from block_sizes
),

counted as (
    select
        user_id,
        track_id,
        block,
        row_number() over (partition by block order by place, user_id, track_id) as ordinal,
        count(*) over (partition by user_id) as candidate_count
    from numbered_rows
),

placed as (
    select
        counted.user_id,
        counted.track_id,
        counted.candidate_count,
        (block_starts.before + counted.ordinal)::bigint as position
    from counted
    inner join block_starts on counted.block = block_starts.block
),

final as (
    select
        user_id,
        track_id,
        {{ require('candidate_count % 2 = 0', 'position', 'an odd number of candidates') }} as position
    from placed
)
{%- elif has_source('test') -%}
with

headers as (
    select user_id, candidate_count from {{ ref('staging.test_headers') }} order by line
),

entries as (
    select rowid as line, track_id from {{ ref('staging.test_lines') }} where header is null
),

users as (
    select unnest(repeat([user_id], candidate_count)) as user_id from headers
),

numbered as (
    select track_id, row_number() over (order by line) as position from entries order by line
),

final as (
    select users.user_id, numbered.track_id, numbered.position
    from users positional join numbered
)
{%- else -%}
with

final as (
    select null::integer as user_id, null::integer as track_id, null::bigint as position where false
)
{%- endif %}

select * from final
