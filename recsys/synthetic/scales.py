"""How large the demo data set is, and every calibrated constant of the mechanism behind it.

Sizes and targets are those of the Yahoo! Music data of the KDD Cup 2011, Track 2 (Dror et al., "The Yahoo!
Music Dataset and KDD-Cup'11", JMLR W&CP 18, 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1  # goes up whenever the same seed would give other bytes


@dataclass(frozen=True)
class Scale:
    """The size of a data set: counts of users and items, and the most ratings that one user gives."""

    name: str
    users: int
    test_users: int
    labelled_users: int  # test users whose labels are published
    tracks: int
    albums: int
    artists: int
    genres: int
    most_ratings: int
    fame_offset: float  # popularity of the artist at rank r is (r + offset) ** -POPULARITY_EXPONENT


SCALES = {
    scale.name: scale
    for scale in (
        Scale("full", 49_204, 20_000, 1_000, 224_041, 52_829, 18_674, 567, 107_936, 70.0),
        Scale("small", 5_000, 2_000, 400, 22_404, 5_283, 1_867, 567, 10_794, 200.0),
        Scale("tiny", 500, 200, 100, 2_240, 528, 187, 567, 1_079, 300.0),
    )
}

# --- Catalogue -------------------------------------------------------------------------------------------
COMMUNITIES = 24  # taste communities: groups of artists that the same people listen to
TASTE_DIMENSIONS = 8
POPULARITY_EXPONENT = 1.9
ARTISTS_WITH_ALBUMS = 0.682
ALBUM_COUNT_SIGMA = 1.9  # log-normal spread of albums per artist
MOST_ALBUMS = 360
ALBUMS_WITH_TRACKS = 0.59
ALBUM_ORDER_NOISE = 0.2  # how loosely an artist's first albums are the ones with tracks
TRACK_COUNT_SIGMA = 0.7  # log-normal spread of tracks per album
ALBUM_ARTIST_MISSING = 0.116
TRACK_ALBUM_MISSING = 0.083
TRACK_ARTIST_MISSING = 0.044  # of tracks whose album's artist can stand in
TRACK_ARTIST_LOST = 0.09  # of tracks whose album lacks the artist as well
LOOSE_TRACK_ARTIST_MISSING = 0.9  # of tracks without album: the two mostly go missing together
TRACK_GENRES_MISSING = 0.06
GENRE_COUNT_MEAN = 6.0
MOST_GENRES = 21
GENRE_OFFSET = 1.0
GENRE_EXPONENT = 2.4  # popularity of the genre at rank r is 1 / (r + offset) ** exponent
GENRE_AT_HOME = 0.9  # share of an album's and a listener's genres that are of the community, the rest being of any

# --- Activity --------------------------------------------------------------------------------------------
ACTIVITY_MEDIAN = 61.0
ACTIVITY_SIGMA = 1.68
FEWEST_RATINGS = 17
ACTIVITY_SHAPE = (  # (ratings, mean rating) of users of that activity
    (17, 85.0),
    (100, 60.5),
    (1_000, 46.0),
    (10_000, 28.0),
    (100_000, 22.0),
)

# --- Taste -----------------------------------------------------------------------------------------------
COMMUNITY_SHARES = (0.45, 0.25, 0.12)  # of a user's listening: the first, second and third community; rest: any
TASTE_NOISE = 0.6  # spread of users and artists around their communities, which are of unit length

# --- Exposure --------------------------------------------------------------------------------------------
ENCOUNTERS_PER_VISIT = 3  # artists met in one visit to a community
SPARE_ENCOUNTERS = (1.6, 6.0)  # drawn per expected one, as some repeat; the history is cut at the user's activity
RATINGS_PER_ENCOUNTER = (1.5, 6.0)  # of the lightest and the heaviest users
KNOWN_FAME = (0.7, 1.0)  # share of a community's popularity, from the top, that a user has heard of
EXPLORATION = (0.0, 0.25)  # share of encounters that ignore popularity: lightest, heaviest
DIVE = (0.55, 0.985)  # share of encounters that go on to albums and tracks: lightest, heaviest
ALBUMS_PER_DIVE = (1.0, 2.7)
WHOLE_ALBUM = (0.04, 0.66)  # share of albums of which several tracks are rated, not just one: lightest, heaviest
TRACKS_OF_WHOLE_ALBUM = (4.0, 8.0)
DEPTH_SPREAD = 0.8  # logit of diving per standard deviation of a user's depth
DIVE_LIKING = 0.15  # logit of diving per standard deviation of liking the artist
ARTIST_RATED_IN_DIVE = (0.95, 0.72)
ALBUM_RATED_WITH_ARTIST = (0.64, 0.85)  # of albums with tracks, where the artist is rated too
ALBUM_RATED_ALONE = 0.08
ALBUM_RATED_WITHOUT_TRACKS = 0.6
GENRES_AT_MEDIAN = 11.5  # genres rated by a user of median activity
GENRE_GROWTH = 0.65  # exponent of activity in the number of genres rated
GENRE_LIKING = 0.8  # loading of the opinion of a genre on how well its community suits the user
GENRE_SPREAD = 0.8  # log-normal spread of users' interest in rating genres
ALBUM_FRONT_LOADING = (8.0, 1.3)  # how much an artist's first albums are preferred: lightest, heaviest
TRACK_FRONT_LOADING = (24.0, 1.6)  # how much an album's first tracks are, where just one is rated
WHOLE_ALBUM_FRONT_LOADING = 1.5

# --- Values ----------------------------------------------------------------------------------------------
USER_SPREAD = 0.9  # standard deviation of users' means around their activity's, in latent units
WIDGET = (  # (rating, share): stars and slider
    (0, 0.29),
    (30, 0.085),
    (50, 0.11),
    (70, 0.105),
    (80, 0.05),
    (90, 0.285),
    (100, 0.035),
)
QUALITY_OF_FAME = 0.15
LIKING = (0.5, 0.1)  # loadings of the liking of an artist on taste and on the artist's quality
ARTIST_LOADING = 0.82
ALBUM_LOADING = 0.92
ALBUM_LEVEL = -0.21
TRACK_LOADING = 0.8
TRACK_OPINION = 0.26
LIKED = 80  # a rating from here on counts as liking

# --- Test ------------------------------------------------------------------------------------------------
FEWEST_LIKED_TRACKS = 8  # rated 80 or more, of a user who may be drawn for the test
