-- grain: one candidate with all features of the classifiers
-- key: user_id, track_id
-- rows: staging.candidates
-- units: *_rank 0..1 among the user's candidates, 1 the highest; others as in the relations joined
-- nulls: none
-- formula: exactly half of a user's candidates are liked, so ranks within the user are more informative than
--   values
{% set ranked = [
    'adaptive', 'autoencoder', 'als_track', 'als_album', 'als_artist', 'als_genre', 'track_log_count',
    'album_log_count', 'artist_log_count', 'artist_sibling_log_count', 'sibling_log_count', 'genre_mean',
] %}
with

example_values as (
    select * from {{ ref('features.example_values') }}
),

scores as (
    select user_id, track_id, weighted_average_bayes, max_genre_bayes, adaptive, autoencoder
    from {{ ref('features.example_scores') }}
),

als as (
    select user_id, track_id, track_score, album_score, artist_score, genre_score
    from {{ ref('features.als') }}
),

gathered as (
    select
        example_values.*,
        scores.weighted_average_bayes,
        scores.max_genre_bayes,
        scores.adaptive,
        scores.autoencoder,
        als.track_score as als_track,
        als.album_score as als_album,
        als.artist_score as als_artist,
        als.genre_score as als_genre
    from example_values
    inner join scores
        on example_values.user_id = scores.user_id and example_values.track_id = scores.track_id
    inner join als on example_values.user_id = als.user_id and example_values.track_id = als.track_id
),

final as (
    select
        {%- for feature in ranked %}
        {{ rank_within_user(feature) }} as {{ feature }}_rank,
        {%- endfor %}
        gathered.*
    from gathered
)

select * from final
