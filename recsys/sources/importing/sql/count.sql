select count(*) as row_count from {% include 'scan.sql' %}
