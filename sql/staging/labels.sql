-- grain: one candidate whose label the file test2_new.txt gives
-- key: user_id, track_id
-- units: label 1 for liked, 0 for not
-- nulls: none
{% set path = source('labels') if has_source('labels') else none %}
{{ labels_of(path, ref('staging.candidates'), has_source('ratings')) }}

select * from final
