"""The pattern search finds the top of a smooth hill in few trials and judges no point twice."""

from __future__ import annotations

from collections.abc import Callable

from recsys.learners.lists.search import Axis, Point, climb

AXES = (
    Axis("height", tuple(range(11))),
    Axis("width", tuple(range(11))),
    Axis("kind", ("a", "b", "c"), ordered=False),
)


def run(quality: Callable[[Point], float], start: Point) -> list[Point]:
    search, points = climb(start, AXES), []
    point = next(search)
    try:
        while True:
            points.append(point)
            point = search.send(quality(point))
    except StopIteration:
        return points


def hill(point: Point) -> float:
    return -((point["height"] - 8) ** 2) - (point["width"] - 3) ** 2 - 5 * "cab".index(point["kind"])


def test_it_ends_at_the_top() -> None:
    points = run(hill, {"height": 2, "width": 9, "kind": "a"})
    assert max(points, key=hill) == {"height": 8, "width": 3, "kind": "c"}
    assert points[0] == {"height": 2, "width": 9, "kind": "a"}
    assert len(points) < 40


def test_no_point_is_judged_twice() -> None:
    points = run(hill, {"height": 0, "width": 0, "kind": "b"})
    assert len({tuple(point.items()) for point in points}) == len(points)


def test_a_flat_quality_ends_after_the_neighbours() -> None:
    points = run(lambda point: 1.0, {"height": 5, "width": 5, "kind": "b"})
    assert len(points) == 1 + 2 * 2 * 2 + 2  # two strides up and down two axes, and two other kinds


def test_a_value_without_an_order_that_is_clearly_worse_is_tried_once() -> None:
    def quality(point: Point) -> float:
        return 100.0 - (point["height"] - 8) ** 2 - (50.0 if point["kind"] == "b" else 0.0)

    points = run(quality, {"height": 3, "width": 5, "kind": "a"})
    assert sum(point["kind"] == "b" for point in points) == 1
    assert sum(point["kind"] == "c" for point in points) > 1  # as good as a: tried wherever a is


def test_a_gain_next_to_nothing_ends_the_search_as_none_does() -> None:
    points = run(lambda point: 1.0 + 0.0001 * point["height"], {"height": 5, "width": 5, "kind": "b"})
    assert len(points) == 1 + 2 * 2 * 2 + 2
