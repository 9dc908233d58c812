-- grain: one part of the score of an item by a list model, or a note on a model that SQL cannot compute
-- arguments: the_user, the_track, the_model
-- units: the_model is a list model, by default the one that made the lists; value as the data's owner has it;
--   weight is what the strength of an interaction is multiplied with; the contributions add up to the score
-- nulls: contribution of a row that is no part of the score; item_id, value, weight of a row without an item;
--   rating_count, rating_mean, shrinkage
-- formula: item weights: strength of each interaction times its weight, the largest parts, and the others
--   together; item scores: one part. Other models are computed by the command, the library and the explorer;
--   here they give the reason of the stored list
{% set most = 10 %}
{% set sums = list_models('item_scores', 'attributes', 'item_weights') | list %}
{% set empty = 'null::bigint as rating_count, null::double as rating_mean, null::double as shrinkage' %}
with

chosen as (
    select coalesce(the_model::varchar, (select model from {{ ref('lists.chosen') }})) as model
    from {{ ref('internal.require_pair') }}(the_user, the_track)
    where user_id = the_user and track_id = the_track
),

settings as (
    select model, value as weighting from {{ ref('lists.settings') }} where key = 'weighting'
),

history as (
    select item_id, value, rating, is_like
    from {{ ref('lists.interactions') }}
    where user_id = the_user
),

items as (
    select item_id, coalesce(name, original_id) as name from {{ ref('marts.item_facts') }}
),

counts as (
    select coalesce(max(like_count), 0) as like_count
    from {{ ref('lists.items') }}
    where item_id = the_track
),

terms as (
    {%- for model in list_models('item_weights') %}
    select
        '{{ model }}' as model,
        history.item_id,
        history.value,
        {{ interaction_strength('history', "coalesce(settings.weighting, 'likes')") }} as strength,
        near.weight::real::double as weight  -- as the list was made: in single precision
    from {{ ref('lists.' ~ model) }} as near
    inner join history on near.item_j = history.item_id
    inner join chosen on chosen.model = '{{ model }}'
    left join settings on settings.model = '{{ model }}'
    where near.item_i = the_track
    union all
    {%- endfor %}
    {%- for model in list_models('attributes') %}
    select
        '{{ model }}' as model,
        history.item_id,
        history.value,
        {{ interaction_strength('history', "'likes'") }} as strength,
        sum(own.weight * other.weight) as weight
    from {{ ref('lists.' ~ model) }} as own
    inner join {{ ref('lists.' ~ model) }} as other on own.attribute_id = other.attribute_id
    inner join history on other.item_id = history.item_id
    inner join chosen on chosen.model = '{{ model }}'
    where own.item_id = the_track
    group by all
    union all
    {%- endfor %}
    select
        null::varchar as model, null::integer as item_id, null::double as value, null::double as strength,
        null::double as weight
    where false
),

ranked as (
    select
        model,
        item_id,
        value,
        weight,
        strength * weight as amount,
        row_number() over (order by abs(strength * weight) desc, item_id) <= {{ most }} as is_named
    from terms
    where strength * weight <> 0
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
