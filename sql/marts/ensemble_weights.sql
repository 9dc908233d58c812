-- grain: one submission or model in the ensemble
-- key: kind, name
-- units: accuracy is the known one, 0..1; origin says how: published, estimated, assumed or unknown
-- nulls: weight of an exact duplicate, for which another stands; duplicate_of where it is none; accuracy,
--   standard_error if unknown
with

final as (
    select name, kind, weight, accuracy, standard_error, origin, duplicate_of
    from {{ ref('features.ensemble_weights') }}
)

select * from final order by abs(weight) desc nulls last, kind, name
