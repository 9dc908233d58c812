-- grain: one part of the score of an item by a list model, or a note on a model that SQL cannot compute
-- arguments: the_user, the_track, the_model
-- units: the_model is a list model, by default the one that made the lists; value as the data's owner has it;
--   weight is what the strength of an interaction is multiplied with; the contributions add up to the score
-- nulls: contribution of a row that is no part of the score; item_id, value, weight of a row without an item;
--   rating_count, rating_mean, shrinkage
-- formula: item weights: internal.list_terms, the largest parts, and the others together; item scores: one
--   part. Other models are computed by the command, the library and the explorer; here they give the reason
--   of the stored list
{% set sums = list_models('item_scores', 'attributes', 'item_weights') | list %}
{% set empty = 'null::bigint as rating_count, null::double as rating_mean, null::double as shrinkage' %}
with

chosen as (
    select coalesce(the_model::varchar, (select model from {{ ref('lists.chosen') }})) as model
    from {{ ref('internal.require_pair') }}(the_user, the_track)
    where user_id = the_user and track_id = the_track
),

items as (
    select item_id, coalesce(name, original_id) as name from {{ ref('marts.item_facts') }}
),

counts as (
    select coalesce(max(like_count), 0) as like_count
    from {{ ref('lists.items') }}
    where item_id = the_track
),

ranked as (
    select * from {{ ref('internal.list_terms') }}(the_user, the_track, the_model)
),

parts as (
    select
        'start' as level, 'starting point' as evidence, null::integer as item_id, null::double as value,
        'start' as source, null::double as weight, 0.0::double as contribution
    from chosen
    where model in ('{{ sums | join("', '") }}')
    union all
    select
        'history', concat(items.name, ': ', {{ in_words('ranked.value') }}), ranked.item_id, ranked.value,
        'neighbour', ranked.weight, ranked.amount
    from ranked
    inner join items on ranked.item_id = items.item_id
    where ranked.is_named
    union all
    select
        'history',
        concat(format('{:,}', count(*)), ' other interaction', case when count(*) = 1 then '' else 's' end),
        null, null, 'others', null, sum(amount order by item_id)
    from ranked
    where not is_named
    having count(*) > 0
    {%- for model in list_models('item_scores') %}
    union all
    select
        'model',
        concat(
            'liked by ', format('{:,}', counts.like_count), ' user',
            case when counts.like_count = 1 then '' else 's' end
        ),
        null, null, '{{ model }}', null, own.score
    from {{ ref('lists.' ~ model) }} as own
    cross join counts
    inner join chosen on chosen.model = '{{ model }}'
    where own.item_id = the_track
    {%- endfor %}
),

notes as (
    select 'no interaction of the user adds to this score' as evidence
    where (select count(*) from parts) > 0
        and not exists (select 1 from parts where contribution <> 0)
    union all
    select
        concat(
            'SQL alone cannot compute the parts of ', model,
            ': use recsys explain, Python, JSON or the explorer; here its reason, if the item is in the list'
        )
    from chosen
    where model not in ('{{ sums | join("', '") }}')
),

reasons as (
    select lists.reason_item_id as item_id, lists.reason_value as value
    from {{ ref('marts.recommendations') }} as lists
    inner join chosen on lists.model = chosen.model
    where lists.user_id = the_user
        and lists.item_id = the_track
        and lists.reason_item_id is not null
        and exists (select 1 from notes)
),

lines as (
    select level, evidence, item_id, value, source, weight, contribution from parts
    union all
    select 'note', evidence, null, null, 'note', null, null from notes
    union all
    select
        'reason', concat(items.name, ': ', {{ in_words('reasons.value') }}), reasons.item_id, reasons.value,
        'reason', null, null
    from reasons
    inner join items on reasons.item_id = items.item_id
),

final as (
    select
        chosen.model,
        row_number() over (
            order by
                list_position(['start', 'history', 'model', 'note', 'reason'], lines.level),
                lines.source = 'others',
                abs(lines.contribution) desc,
                lines.item_id
        ) as ordinal,
        lines.level, lines.evidence, lines.item_id, lines.value, {{ empty }}, lines.source, lines.weight,
        lines.contribution
    from lines
    cross join chosen
)

select * from final order by ordinal
