"""Replace rows of relations, and record counts and digests of those that changed."""

from __future__ import annotations

from dataclasses import replace

from recsys.backends.database import Measure
from recsys.engine.appending.target import Target, flat
from recsys.project import Model
from recsys.sources.changing import GENERATION

RECORDED = """
update marts.build set value = changed.value, row_count = changed.row_count, digest = changed.digest
from (
    select
        unnest($names::varchar[]) as name,
        unnest($made::varchar[]) as value,
        unnest($counts::bigint[]) as row_count,
        unnest($digests::varchar[]) as digest
) as changed
where build.name = changed.name and build.kind in ('table', 'view')"""


class Replacement:
    """Replace rows in one update, and measure what changed."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._changed: dict[str, Measure] = {}

    def replace(self, model: Model, made: str, condition: str) -> None:
        """Replace the rows of a condition by those that were made."""
        gone, new = f"{flat(model.name)}_gone", f"{flat(model.name)}_new"
        run = self.target.writer.rows
        run(f"create table scratch.{gone} as select rowid as place, * from {model.name} where {condition}")
        run(f"create table scratch.{new} as select null::bigint as place, * from {model.name} limit 0")
        run(f"insert into scratch.{new} by name select * from {made} where {condition}")
        run(f"delete from {model.name} where rowid in (select place from scratch.{gone})")
        run(f"insert into {model.name} by name select * exclude (place) from scratch.{new}")
        for relation in (gone, new):
            self.target.add_rows_of(model, relation)
        for one in (model, *self._projections(model)):
            self._changed[one.name] = self._measure(one, model, gone, new)

    def reads_changes(self, model: Model) -> bool:
        """Return whether a model reads a relation that changed, itself or through a view."""
        refs = self.target.project.render(model.name).refs
        above = {one for ref in refs for one in (ref, *self._view_inputs(ref))}
        return not above.isdisjoint(self._changed.keys())

    def record(self) -> None:
        """Write into the warehouse what was updated, so that the next build makes it anew."""
        found, writer = self._views() | self._changed, self.target.writer
        records = self.target.records
        writer.run(
            RECORDED,
            {
                "names": list(found),
                "made": [replace(records[name].fingerprint, appended=True).as_json() for name in found],
                "counts": [one.row_count for one in found.values()],
                "digests": [one.digest for one in found.values()],
            },
        )
        writer.run(
            "update marts.build set value = $value where kind = 'setting' and name = $name",
            {"value": str(self.target.metadata[GENERATION]), "name": GENERATION},
        )

    def _projections(self, model: Model) -> list[Model]:
        """Return the views that have a row for each row of a relation, and nothing else."""
        project = self.target.project
        return [
            view
            for name, record in self.target.records.items()
            if record.kind == "view"
            and (view := project.models[name]).key == model.key
            and project.render(name).refs == (model.name,)
        ]

    def _measure(self, model: Model, changed: Model, gone: str, new: str) -> Measure:
        """Return count and digest of a relation after rows of an input changed: both are sums over rows."""
        project, record = self.target.project, self.target.records[model.name]
        count, digest = record.row_count, int(record.digest or "0", 16)
        for sign, part in ((-1, gone), (1, new)):
            sql = f"select * exclude (place) from scratch.{part}"
            if model is not changed:
                name, substitutes = f"{part}_of_{model.stem}", {changed.name: part}
                project.add(replace(model, name=name, substitutes=substitutes))
                sql = project.render(name).sql
            rows, hashes = self.target.writer.rows(
                f"select count(*), coalesce(sum(hash(content)::hugeint), 0) from ({sql}) as content"
            )[0]
            count, digest = count + sign * int(rows), digest + sign * int(hashes)
        return Measure(count, f"{digest:x}" if record.digest else "")

    def _views(self) -> dict[str, Measure]:
        """Return count and digest of the other views that read relations that changed."""
        views = (name for name, record in self.target.records.items() if record.kind == "view")
        above = [name for name in views if self.reads_changes(self.target.project.models[name])]
        return {name: self.target.writer.measure(name) for name in above if name not in self._changed}

    def _view_inputs(self, relation: str) -> tuple[str, ...]:
        """Return the relations that a view reads."""
        model = self.target.project.writers[relation]
        return self.target.project.render(model.name).refs if model.materialized == "view" else ()
