select * from {% include 'scan.sql' %} limit 1 offset $place
