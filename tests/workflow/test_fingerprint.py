"""What a fingerprint covers: code that a function can reach, and nothing else."""

import subprocess
import sys

import grimp
import pytest

from replica import catalog
from replica.fingerprint import Fingerprints
from replica.source import analyse, digest

MODULE = '''
"""Words."""
import numpy as np
from replica.numerics import first, second, third
from replica.paper import stage

_SCALE = 2
_TABLE = {"a": _SCALE}

def _helper(x):
    """Words."""
    return second.f(x) * _TABLE["a"]

def one(gain):
    """Words."""
    def inner(third):
        return third
    return first.f(gain) + inner(1)  # a comment

def two(one, third):
    return [_helper(x) for x in one] + third
'''


def code(text: str, name: str) -> str:
    return analyse(text)["functions"][name]["code"]


def test_a_function_reaches_its_helpers_constants_and_imports_only():
    functions = analyse(MODULE)["functions"]
    assert functions["one"]["imports"] == ["replica.numerics.first"]
    assert functions["two"]["imports"] == ["replica.numerics.second"]
    assert functions["two"]["reads"] == ["one", "third"] and functions["two"]["problems"] == []


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("_SCALE = 2", "_SCALE = 3", {"two"}),
        ('_TABLE["a"]', '_TABLE["b"]', {"two"}),
        ("first.f(gain)", "first.g(gain)", {"one"}),
        ('"""Words."""', '"""Other words."""', set()),
        ("# a comment", "# another", set()),
        ("import numpy as np\n", "import numpy as np\nimport scipy\n", set()),
        ("def _helper(x)", "\n\ndef  _helper( x )", set()),
        ("import first, second, third", "import third, second, first", set()),
        ("_SCALE = 2", "_SCALE = 2\nnp.seterr(all='raise')", {"one", "two"}),
    ],
)
def test_an_edit_changes_the_code_of_what_reaches_it(old, new, changed):
    text = MODULE.replace(old, new)
    assert text != MODULE
    assert {name for name in ("one", "two") if code(text, name) != code(MODULE, name)} == changed


def test_a_mention_of_another_public_function_is_a_problem():
    text = MODULE.replace("return [_helper(x)", "return [one(x)").replace("def two(one, third)", "def two(third)")
    assert "mentions one" in analyse(text)["functions"]["two"]["problems"][0]
    through_a_helper = MODULE.replace("return second.f(x)", "return one(x)")
    assert "mentions one" in analyse(through_a_helper)["functions"]["two"]["problems"][0]


def test_a_module_is_hashed_without_its_prose():
    assert digest('"""A."""\nX = 1  # b\n') == digest("X=1\n")
    assert digest("X = 1\n")["code"] != digest("X = 1.0\n")["code"]
    assert digest("X = 'a'\n")["code"] != digest("X = b'a'\n")["code"]


def test_fingerprints_follow_the_import_graph():
    """The closure over numerics is the one that an independent reader of the import graph finds."""
    papers = catalog.load()
    fingerprints = Fingerprints(papers)
    graph = grimp.build_graph("replica", cache_dir=None)
    modules = [name for name in fingerprints.modules if name.startswith("replica.numerics.")]
    assert modules
    for name in modules:
        upstream = {m for m in graph.find_upstream_modules(name) if m.startswith("replica.numerics.")}
        assert set(fingerprints.closure([name])) - {"replica.numerics"} == upstream | {name}


def test_who_may_import_whom():
    graph = grimp.build_graph("replica", cache_dir=None)
    numerics = {m for m in graph.modules if m.startswith("replica.numerics")}
    papers = {m for m in graph.modules if m.startswith("replica.papers.")}
    for module in numerics:
        assert graph.find_modules_directly_imported_by(module) <= numerics
    allowed = numerics | {"replica.paper", "replica.style", "replica.verdict"}
    for module in papers:
        assert graph.find_modules_directly_imported_by(module) <= allowed
    for module in ("replica.verdict", "replica.style"):
        assert graph.find_modules_directly_imported_by(module) == set()
    # A marked stage asks the catalog for its paper's precision.
    assert graph.find_modules_directly_imported_by("replica.paper") == {"replica.catalog", "replica.error"}


def test_reading_the_catalog_imports_nothing_heavy(toy):
    script = (
        "import sys; from replica.plan import Plan; Plan({}); Plan({}); "
        "print([m for m in ('jax', 'numpy', 'pandas', 'xarray', 'zarr', 'seaborn', 'matplotlib') if m in sys.modules])"
    )
    environment = {"PYTHONPATH": str(toy.path / "src"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=toy.path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]", done.stderr
