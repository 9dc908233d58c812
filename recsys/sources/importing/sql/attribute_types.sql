-- the type that all texts of each further column of items have
select
    {% for place in places -%}
    {% set column = 'attribute_' ~ place -%}
    case
        when count({{ column }}) = 0 then 'VARCHAR'
        when
            bool_and({{ column }} is null or try_cast({{ column }} as bigint) is not null)
            and not bool_or(coalesce(regexp_matches({{ column }}, '^[-+]?0[0-9]|[^0-9+-]'), false)) then 'BIGINT'
        when
            bool_and({{ column }} is null or try_cast({{ column }} as double) is not null)
            and not bool_or(coalesce(regexp_matches({{ column }}, '^[-+]?0[0-9]'), false)) then 'DOUBLE'
        when
            bool_and({{ column }} is null or (
                try_cast({{ column }} as date) is not null and length({{ column }}) <= 10
            )) then 'DATE'
        when bool_and({{ column }} is null or try_cast({{ column }} as timestamp) is not null) then 'TIMESTAMP'
        when bool_and({{ column }} is null or lower({{ column }}) in ('true', 'false')) then 'BOOLEAN'
        else 'VARCHAR'
    end as {{ column }}{{ '' if loop.last else ',' }}
    {% endfor -%}
from listed
