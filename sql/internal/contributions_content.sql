-- grain: what one term adds to a pair's score by the model content
-- arguments: the_user, the_track
-- units: value of the term, on the owner's scale, weight it is multiplied with; amount on the model's scale
-- nulls: item_id, value, weight of a term without an item, or that is not a product
-- formula: as in scores.content
with

history as (
    select item_id, rating from {{ ref('internal.user_ratings') }}(the_user)
),

pair as (
    select track_id, album_id, artist_id, album_direct, artist_direct
    from {{ ref('internal.own_level_ratings') }}(the_user, the_track)
),

rated as (
    select lineage.track_id, lineage.album_id, lineage.artist_id, history.rating
    from history
    inner join {{ ref('hierarchy.track_lineage') }} as lineage on history.item_id = lineage.track_id
),

means as (
    select
        sum(rated.rating) filter (where rated.album_id = pair.album_id and rated.track_id <> the_track)
        / count(*) filter (where rated.album_id = pair.album_id and rated.track_id <> the_track)
            as sibling_mean,
        sum(rated.rating) filter (where rated.artist_id = pair.artist_id)
        / count(*) filter (where rated.artist_id = pair.artist_id) as artist_track_mean
    from rated
    cross join pair
),

terms as (
    select
        'start' as level, 'unlinked' as source, null::integer as item_id, null::double as value,
        case when album_id is null and artist_id is null then {{ var('content.unlinked') }}::double else 0 end
            as amount
    from pair
    union all
    select 'album', 'direct', album_id, album_direct, album_direct as amount from pair
    union all
    select 'artist', 'direct', artist_id, artist_direct, artist_direct as amount from pair
    union all
    select 'album', 'sibling', pair.album_id, means.sibling_mean, means.sibling_mean as amount
    from pair
    cross join means
    union all
    select 'artist', 'tracks', pair.artist_id, means.artist_track_mean, means.artist_track_mean as amount
    from pair
    cross join means
),

parts as (
    select 'content' as model, level, source, item_id, value, 1 as weight, amount
    from terms
    where amount is not null
),

final as (
    {{ ordered_steps('parts', ref('internal.user_ratings')) }}
)

select * from final
