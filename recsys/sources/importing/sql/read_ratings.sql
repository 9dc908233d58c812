-- one row of the file of ratings, in its order: ids as texts, the rating on its own scale
create table events as
select
    nullif({{ user | quoted }}::varchar, '') as user_key,
    nullif({{ item | quoted }}::varchar, '') as item_key,
    {{ 'try_cast(' ~ (rating | quoted) ~ ' as double)' if rating else '1.0::double' }} as rating,
    {{ (time | quoted) if time else '0' }} as time
from {% include 'scan.sql' %}
