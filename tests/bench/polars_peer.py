"""The peer of the SQL warehouse: the same features and heuristic scores as a lazy polars pipeline.

    python -m tests.bench.polars_peer DATA OUT [--keep]

writes ``OUT/features.parquet`` (a candidate a row, in test-file order) and ``OUT/predictions.parquet`` (a
model and candidate a row); with ``--keep`` also what a warehouse keeps for later questions: every rating with
its place in the file, tracks and albums with their genres, and the items' priors. It is written for speed, as somebody who knows polars would: the history streams
once from the file into what is needed of it, two small frames, and all else happens on those. It trusts its
input: no count of a header, no range and no key is checked.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

CONFIDENCE = 10
UNRATED_MEAN = 50.0
PAIR = ["user_id", "item_id"]
CANDIDATE = ["user_id", "track_id"]


def find(directory: Path, *stems: str) -> Path:
    """The file of that name, plain or gzip-compressed; the first stem that exists wins."""
    paths = [directory / f"{stem}.txt{suffix}" for stem in stems for suffix in ("", ".gz")]
    return next(path for path in paths if path.exists())


def scan(path: Path, schema: dict[str, type[pl.DataType]], separator: str = "\t") -> pl.LazyFrame:
    """A file without header; a line that is short of columns is padded with nulls."""
    return pl.scan_csv(
        path,
        separator=separator,
        schema=schema,
        has_header=False,
        quote_char=None,
        missing_columns="insert",
        raise_if_empty=False,
    )


def read_ratings(directory: Path) -> pl.LazyFrame:
    """``user_id, item_id, rating``: a line without a rating is a header, its user holds until the next."""
    lines = scan(find(directory, "trainItem2", "trainIdx2"), {"text": pl.String, "rating": pl.UInt8})
    header = pl.when(pl.col("rating").is_null()).then("text")
    user = header.str.split_exact("|", 1).struct.field("field_0").cast(pl.UInt32).forward_fill()
    return (
        lines.with_columns(user_id=user)
        .filter(pl.col("rating").is_not_null())
        .select("user_id", pl.col("text").cast(pl.UInt32).alias("item_id"), "rating")
    )


def read_candidates(directory: Path) -> pl.LazyFrame:
    """``position, user_id, track_id``, the position counted from 0."""
    lines = scan(find(directory, "testItem2", "testIdx2"), {"track_id": pl.UInt32, "size": pl.UInt32}, "|")
    user = pl.when(pl.col("size").is_not_null()).then("track_id").forward_fill()
    return (
        lines.with_columns(user_id=user)
        .filter(pl.col("size").is_null())
        .select("user_id", "track_id")
        .with_row_index("position")
    )


def read_catalogue(path: Path, columns: list[str]) -> pl.LazyFrame:
    """The id columns that lead each line, and the rest of it as the list ``genres``."""
    fields = pl.col("line").str.split("|")
    ids = [fields.list.get(i).cast(pl.UInt32, strict=False).alias(name) for i, name in enumerate(columns)]
    genres = fields.list.slice(len(columns)).list.unique().cast(pl.List(pl.UInt32))
    return scan(path, {"line": pl.String}).select(*ids, genres=genres)


def with_lineage(candidates: pl.LazyFrame, tracks: pl.LazyFrame, albums: pl.LazyFrame) -> pl.LazyFrame:
    """The candidates with album, artist and genres, the last two of the album where the track has none."""
    has_genres = pl.col("genres").list.len() > 0
    return (
        candidates.join(tracks, on="track_id", how="left")
        .join(albums, on="album_id", how="left", suffix="_of_album")
        .with_columns(
            artist_id=pl.coalesce("artist_id", "artist_id_of_album"),
            genres=pl.when(has_genres).then("genres").otherwise("genres_of_album"),
        )
        .drop("artist_id_of_album", "genres_of_album")
    )


def pairs_of_interest(candidates: pl.LazyFrame, tracks: pl.LazyFrame) -> pl.LazyFrame:
    """Every ``user_id, item_id`` whose rating some feature looks up: the lineage and the album's tracks."""
    pairs = [
        candidates.select("user_id", item_id="album_id"),
        candidates.select("user_id", item_id="artist_id"),
        candidates.select("user_id", item_id="genres").explode("item_id"),
        candidates.select("user_id", "album_id")
        .join(tracks.select("album_id", item_id="track_id"), on="album_id")
        .select(PAIR),
    ]
    return pl.concat(pairs).drop_nulls().unique()


def aggregate_history(ratings: pl.LazyFrame, pairs: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sums and counts of each item, and the ratings of the given pairs, in one pass over the file."""
    items = ratings.group_by("item_id").agg(
        rating_count=pl.len(), rating_sum=pl.col("rating").cast(pl.UInt64).sum()
    )
    own = ratings.join(pairs, on=PAIR, how="semi")
    aggregated, looked_up = pl.collect_all([items, own], engine="streaming")
    return aggregated, looked_up


def overall_mean(items: pl.DataFrame) -> float:
    """The mean of all ratings; the middle of the scale where there are none."""
    rating_count = int(items["rating_count"].sum())
    return int(items["rating_sum"].sum()) / rating_count if rating_count else UNRATED_MEAN


def item_priors(items: pl.DataFrame, mean: float) -> pl.LazyFrame:
    """``item_id, raw, bayes``: each item's mean, as it is and shrunk to the overall mean."""
    shrunk = (pl.col("rating_sum") + CONFIDENCE * mean) / (pl.col("rating_count") + CONFIDENCE)
    return items.lazy().select("item_id", raw=pl.col("rating_sum") / pl.col("rating_count"), bayes=shrunk)


def look_up(
    frame: pl.LazyFrame, item: str, level: str, own: pl.LazyFrame, priors: pl.LazyFrame
) -> pl.LazyFrame:
    """Adds ``<level>_direct``, ``<level>_raw`` and ``<level>_bayes`` of the item in that column."""
    direct = own.select("user_id", pl.col("item_id").alias(item), pl.col("rating").alias(f"{level}_direct"))
    prior = priors.rename({"item_id": item, "raw": f"{level}_raw", "bayes": f"{level}_bayes"})
    return frame.join(direct, on=["user_id", item], how="left").join(prior, on=item, how="left")


def sibling_features(candidates: pl.LazyFrame, tracks: pl.LazyFrame, own: pl.LazyFrame) -> pl.LazyFrame:
    """``position, sibling_mean, sibling_count`` of the candidates with a rated other track of their album."""
    rated_tracks = own.join(tracks.select("album_id", item_id="track_id"), on="item_id")
    return (
        candidates.select("position", "track_id", "user_id", "album_id")
        .join(rated_tracks, on=["user_id", "album_id"])
        .filter(pl.col("track_id") != pl.col("item_id"))
        .group_by("position")
        .agg(sibling_mean=pl.col("rating").mean(), sibling_count=pl.len())
    )


def genre_features(
    candidates: pl.LazyFrame, own: pl.LazyFrame, priors: pl.LazyFrame, mean: float
) -> pl.LazyFrame:
    """One row per candidate with at least one genre: what its genres' ratings and priors come to."""
    genres = candidates.select("position", "user_id", genre_id="genres").explode("genre_id").drop_nulls()
    direct = pl.col("genre_direct")
    shrunk, flat = pl.coalesce(direct, "genre_bayes", mean), pl.coalesce(direct, "genre_raw", mean)
    return (
        look_up(genres, "genre_id", "genre", own, priors)
        .group_by("position")
        .agg(
            genre_count=pl.len(),
            genre_rated=direct.count(),
            genre_direct=direct.mean(),
            genre_max=shrunk.max(),
            genre_min=shrunk.min(),
            genre_mean=shrunk.mean(),
            genre_var=shrunk.var(ddof=0),
            genre_max_flat=flat.max(),
            genre_mean_flat=flat.mean(),
        )
    )


def first_of(**evidence: str) -> pl.Expr:
    """The name whose column is the first that is not null, as in ``first_of(direct="album_direct")``."""
    named = [pl.when(pl.col(column).is_not_null()).then(pl.lit(name)) for name, column in evidence.items()]
    return pl.coalesce(*named, pl.lit("global"))


def build_features(
    candidates: pl.LazyFrame, tracks: pl.LazyFrame, own: pl.LazyFrame, priors: pl.LazyFrame, mean: float
) -> pl.LazyFrame:
    """One row per candidate with every feature, in test-file order."""
    found = look_up(candidates, "album_id", "album", own, priors)
    found = look_up(found, "artist_id", "artist", own, priors)
    found = found.join(priors.select("bayes", track_id="item_id"), on="track_id", how="left")
    found = found.join(sibling_features(candidates, tracks, own), on="position", how="left")
    found = found.join(genre_features(candidates, own, priors, mean), on="position", how="left")
    return found.sort("position").select(
        *CANDIDATE,
        *["album_id", "artist_id", "album_direct", "artist_direct"],
        "sibling_mean",
        pl.col("sibling_count").fill_null(0),
        pl.coalesce("album_direct", "sibling_mean", "album_bayes", mean).alias("album_score"),
        first_of(direct="album_direct", sibling="sibling_mean", prior="album_bayes").alias("album_source"),
        pl.coalesce("artist_direct", "artist_bayes", mean).alias("artist_score"),
        first_of(direct="artist_direct", prior="artist_bayes").alias("artist_source"),
        pl.col("genre_count", "genre_rated").fill_null(0),
        "genre_direct",
        pl.col("genre_max", "genre_min", "genre_mean").fill_null(mean),
        pl.col("genre_var").fill_null(0.0),
        pl.coalesce("album_direct", "album_raw", mean).alias("album_score_flat"),
        pl.coalesce("artist_direct", "artist_raw", mean).alias("artist_score_flat"),
        pl.col("genre_max_flat", "genre_mean_flat").fill_null(mean),
        pl.col("bayes").fill_null(mean).alias("track_prior"),
    )


def weighted(**weights: float) -> pl.Expr:
    """The weighted sum of columns."""
    return pl.sum_horizontal(pl.col(column) * weight for column, weight in weights.items())


def adaptive() -> pl.Expr:
    """The mean of the levels that the user rated, weights renormalised; of all levels where none was."""
    album = pl.when(pl.col("album_source").is_in(["direct", "sibling"])).then("album_score")
    levels = [(album, 0.5), (pl.col("artist_direct"), 0.3), (pl.col("genre_direct"), 0.2)]
    total = pl.sum_horizontal(level * weight for level, weight in levels)
    weight = pl.sum_horizontal(level.is_not_null() * weight for level, weight in levels)
    return (
        pl.when(weight > 0)
        .then(total / weight)
        .otherwise(weighted(album_score=0.5, artist_score=0.3, genre_mean=0.2))
    )


def models() -> dict[str, pl.Expr]:
    """The five heuristics, each as an expression over the features."""
    return {
        "weighted_average": weighted(album_score_flat=0.4, artist_score_flat=0.3, genre_mean_flat=0.3),
        "max_genre": weighted(genre_max_flat=0.7, artist_score_flat=0.2, album_score_flat=0.1),
        "weighted_average_bayes": weighted(album_score=0.4, artist_score=0.3, genre_mean=0.3),
        "max_genre_bayes": weighted(genre_max=0.7, artist_score=0.2, album_score=0.1),
        "adaptive": adaptive(),
    }


def predict(features: pl.LazyFrame) -> pl.LazyFrame:
    """``model, user_id, track_id, score, rank, predicted``: the better half of a user's candidates gets 1."""
    keys = [*CANDIDATE, "track_prior"]
    scores = features.select(*keys, **models()).unpivot(index=keys, variable_name="model", value_name="score")
    group = ["model", "user_id"]
    order = [*group, "score", "track_prior", "track_id"]
    return (
        scores.sort(order, descending=[False, False, True, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over(group))
        .with_columns(predicted=(pl.col("rank") * 2 <= pl.len().over(group)).cast(pl.UInt8))
        .drop("track_prior")
    )


def kept_ratings(directory: Path, out: Path) -> pl.LazyFrame:
    """The ratings, written to a file of their own first; what follows reads that file instead of the text."""
    path = out / "ratings.parquet"
    read_ratings(directory).with_row_index("seq").sink_parquet(path)
    return pl.scan_parquet(path)


def main(directory: Path, out: Path, keep: bool = False) -> None:
    """From the text files of the directory to the Parquet files."""
    tracks = read_catalogue(find(directory, "trackData2"), ["track_id", "album_id", "artist_id"])
    albums = read_catalogue(find(directory, "albumData2"), ["album_id", "artist_id"])
    links = tracks.select("track_id", "album_id").collect().lazy()
    candidates = with_lineage(read_candidates(directory), tracks, albums).collect().lazy()
    ratings = kept_ratings(directory, out) if keep else read_ratings(directory)
    items, own = aggregate_history(ratings, pairs_of_interest(candidates, links))
    mean = overall_mean(items)
    if keep:
        tracks.sink_parquet(out / "tracks.parquet")
        albums.sink_parquet(out / "albums.parquet")
        item_priors(items, mean).sink_parquet(out / "items.parquet")
    features = build_features(candidates, links, own.lazy(), item_priors(items, mean), mean).collect()
    features.write_parquet(out / "features.parquet")
    predict(features.lazy()).sink_parquet(out / "predictions.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), keep="--keep" in sys.argv[3:])
