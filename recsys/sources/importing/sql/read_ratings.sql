-- one row of the file of ratings, in its order: ids as texts, the value on its own scale
{% from 'values.sql' import id_text, numeric, timed -%}
create table events as
select
    {{ id_text(user, types[user]) }} as user_key,
    {{ id_text(item, types[item]) }} as item_key,
    {{ numeric(rating, types[rating], decimal) if rating else '1.0::double' }} as value,
    {{ timed(time, types[time], style, decimal) if time else '0::bigint' }} as time
from {% include 'scan.sql' %}
