-- grain: one pair of a user and a track, candidate or not, with the columns of features.candidates
-- arguments: the_user, the_track
-- units: as in features.candidates
-- nulls: album_id, artist_id, *_direct, sibling_mean as in features.candidates
with

final as {{ inline('features.candidates', {
    'staging.candidates': ref('internal.require_pair') ~ '(the_user, the_track)',
    'staging.ratings': ref('internal.user_ratings') ~ '(the_user)',
    'priors.items': ref('priors.items'),
    'priors.overall': ref('priors.overall'),
}) }}

select * from final
