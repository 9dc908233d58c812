-- grain: one rating
-- key: user_id, item_id
-- units: rating 0..100; seq is the line number in the training file, which is in time order for each user
-- nulls: none
-- formula: a line belongs to the header above it; found by an equality join on pieces of the file, since all
--   cores take part in one, then within the piece by line number
{% set piece_lines = 256 %}
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

select * from final
