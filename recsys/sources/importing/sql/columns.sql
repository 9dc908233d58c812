describe select * from {% include 'scan.sql' %}
