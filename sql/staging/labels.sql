-- grain: one candidate with a label in test2_new.txt
-- key: user_id, track_id
-- units: label is 1 for liked, 0 for not liked
-- nulls: none
{% set path = source('labels') if has_source('labels') else none %}
{{ labels_of(path, ref('staging.candidates'), has_source('ratings')) }}

select * from final
