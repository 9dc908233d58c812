-- grain: one user of the training file
-- key: user_id
-- units: line is the header's line number, rating_count the number of lines that it announces
-- nulls: none
-- materialized: temp
{% set lines = '(select rowid + 1 as line, header from ' ~ ref('staging.train_lines') ~ ')' %}
{{ group_headers(lines) }},

malformed as (
    select count(*) as malformed_count
    from {{ ref('staging.train_lines') }}
    where
        header is null
        and not coalesce(
            item_id >= 0 and rating between {{ var('scale.lowest') }} and {{ var('scale.highest') }}, false
        )
),

final as (
    select
        line,
        ordinal,
        user_id,
        {{ promised(
            'malformed_count = 0 and found_count = line_count and (ordinal > 1 or line = 1)',
            'line_count', 'a malformed line or a wrong count'
        ) }} as rating_count
    from measured
    cross join malformed
)

select * from final
