-- grain: one candidate in one prior submission
-- key: file, user_id, track_id
-- units: score is 0 or 1, or any number that orders the user's candidates
-- nulls: none
-- also: staging.submission_scores
{% if has_source('submissions') -%}
{{ reader('staging.submissions', candidates=ref('staging.candidates'), folder=source('submissions')) }}
{%- else -%}
{{ reader('staging.submissions', candidates=ref('staging.candidates')) }}
{%- endif %}
