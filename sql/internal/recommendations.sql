-- grain: one of the user's best unrated tracks among those retrieved
-- arguments: the_user, how_many
-- units: rank numbers the tracks from 1, the best; score is that of the model adaptive, 0..100
-- nulls: name where the data have no names; album_id, artist_id where the track has none
-- formula: the ranking rule over internal.retrieved; reason is the level that adds most to the score, ties
--   in the order album, artist, genre; by_* is negative for an unrated level
with

retrieved as (
    select user_id, track_id from {{ ref('internal.retrieved') }}(the_user)
),

history as (
    select user_id, item_id, rating, is_like from {{ ref('internal.user_ratings') }}(the_user)
),

pair_features as {{ inline('features.candidates', {
    'staging.candidates': 'retrieved',
    'staging.ratings': 'history',
    'priors.items': ref('priors.items'),
    'priors.overall': ref('priors.overall'),
}) }},

scores as {{ inline('scores.adaptive', {'features.candidates': 'pair_features'}) }},

priors as (
    select track_id, track_prior from pair_features
),

popularity as (
    select item_id, rating_count from {{ ref('priors.items') }}
),

ranked as (
    select {{ ranking('scores.user_id') }} as rank, scores.track_id, scores.score
    from scores
    inner join priors on scores.track_id = priors.track_id
),

best as (
    select rank, track_id, score from ranked order by rank limit how_many
),

contributions as (
    select
        best.rank,
        best.score,
        pair_features.*,
        coalesce(popularity.rating_count, 0) as rating_count,
        coalesce({{ var('adaptive.album') }} * coalesce(album_direct, sibling_mean), -1) as by_album,
        coalesce({{ var('adaptive.artist') }} * artist_direct, -1) as by_artist,
        coalesce({{ var('adaptive.genre') }} * genre_direct, -1) as by_genre
    from best
    inner join pair_features on best.track_id = pair_features.track_id
    left join popularity on best.track_id = popularity.item_id
),

items as (
    select item_id, original_id, name from {{ ref('staging.items') }}
),

named as (
    select
        contributions.*,
        coalesce(tracks.original_id, contributions.track_id::varchar) as item,
        tracks.name,
        {{ display_name('albums', 'contributions.album_id') }} as album,
        {{ display_name('artists', 'contributions.artist_id') }} as artist
    from contributions
    left join items as tracks on contributions.track_id = tracks.item_id
    left join items as albums on contributions.album_id = albums.item_id
    left join items as artists on contributions.artist_id = artists.item_id
),

final as (
    select
        rank,
        track_id,
        item,
        name,
        score,
        case
            when greatest(by_album, by_artist, by_genre) < 0
                then concat('popular: ', rating_count, ' ratings of all users')
            when by_album >= greatest(by_artist, by_genre) and album_direct is not null
                then concat('own rating ', album_direct, ' of album ', album)
            when by_album >= greatest(by_artist, by_genre)
                then concat('own ratings of tracks on album ', album, ': mean ', round(sibling_mean)::int)
            when by_artist >= by_genre then concat('own rating ', artist_direct, ' of artist ', artist)
            else concat('own ratings of its genres: mean ', round(genre_direct)::int)
        end as reason,
        album_id,
        artist_id,
        track_prior
    from named
)

select * from final order by rank
