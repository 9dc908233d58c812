"""Compiled templates are kept for the next run, and no other text's code is ever used."""

import jinja2
import pytest

from recsys.project import bytecode


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bytecode._store.cache_clear()
    yield tmp_path / "recsys" / "templates"
    bytecode._store.cache_clear()


class Compiler:
    """Compiles, and counts how often."""

    def __init__(self):
        self.environment, self.texts = jinja2.Environment(), []

    def printed(self, name, text):
        code = bytecode.cached_code(self.environment, name, text, self)
        return jinja2.Template.from_code(self.environment, code, {}).render()

    def __call__(self, text):
        self.texts.append(text)
        return self.environment.compile(text)


def test_a_text_is_compiled_once(folder):
    compiler = Compiler()
    assert [compiler.printed("a.b", "{{ 1 + 1 }}") for _ in range(2)] == ["2", "2"]
    assert compiler.texts == ["{{ 1 + 1 }}"]
    assert len(list(folder.iterdir())) == 1


def test_another_text_of_that_name_is_compiled(folder):
    compiler = Compiler()
    assert [compiler.printed("a.b", text) for text in ("one", "two", "one")] == ["one", "two", "one"]
    assert len(compiler.texts) == 3


def test_damaged_code_is_compiled_anew(folder):
    compiler = Compiler()
    compiler.printed("a.b", "one")
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-20])
    assert compiler.printed("a.b", "one") == "one"
    assert len(compiler.texts) == 2


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_may_write_to_is_not_trusted(folder, mode):
    folder.mkdir(parents=True)
    folder.chmod(mode)
    compiler = Compiler()
    assert [compiler.printed("a.b", "one") for _ in range(2)] == ["one", "one"]
    assert len(compiler.texts) == 2
    assert not list(folder.iterdir())


def test_without_a_folder_every_run_compiles(tmp_path, monkeypatch, folder):
    (tmp_path / "recsys").write_text("a file where the folder should be")
    assert Compiler().printed("a.b", "one") == "one"
