-- grain: one rating
-- key: user_id, item_id
-- units: rating 0..100; seq ascends in time for each user: the line number in a training file of text
-- nulls: none
-- formula: a line belongs to the header above it; found by an equality join on pieces of the file, since all
--   cores take part in one, then within the piece by line number
{% set piece_lines = 256 %}
{% if has_source('ratings') -%}
with

rated as (
    select user_id, item_id, rating, seq from read_parquet({{ source('ratings') }})
),

final as (
    select
        {{ promised('user_id >= 0', 'user_id', 'no user id') }}::integer as user_id,
        {{ promised('item_id >= 0', 'item_id', 'no item id') }}::integer as item_id,
        {{ promised('rating between 0 and ' ~ var('scale.highest'), 'rating', 'no rating') }}::smallint
            as rating,
        {{ promised('seq is not null', 'seq', 'no seq') }}::bigint as seq
    from rated
)
{%- else -%}
with

entries as (
    select rowid + 1 as seq, item_id, rating from {{ ref('staging.train_lines') }} where header is null
),

headers as (
    select user_id, line + 1 as first_line, line + rating_count as last_line
    from {{ ref('staging.train_headers') }}
),

pieces as (
    select
        user_id,
        first_line,
        last_line,
        unnest(range(first_line // {{ piece_lines }}, last_line // {{ piece_lines }} + 1)) as piece
    from headers
),

final as (
    select pieces.user_id, entries.item_id, entries.rating, entries.seq
    from entries
    left join pieces
        on
            entries.seq // {{ piece_lines }} = pieces.piece
            and entries.seq between pieces.first_line and pieces.last_line
)
{%- endif %}

select * from final
