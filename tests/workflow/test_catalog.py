"""What is wrong with a paper's files is said before any job starts: where, what was got, what was expected."""

import pytest

from replica import catalog
from replica.error import ReplicaError
from replica.metadata import kind_of, read_yaml, with_value

STAGES, CLAIMS, FIGURES, YAML = "stages.py", "claims.py", "figures.py", "paper.yaml"

FAULTS = [
    (YAML, "laptop: 4", "laptop: four", "parameters.length: has different types at the three scales"),
    (YAML, "laptop: 4, ", "", "parameters.length.laptop: is missing"),
    (YAML, "laptop: 4", "laptop: -4", "parameters.length: laptop: got -4, expected at least 1"),
    (YAML, "title: A toy", "titel: A toy", "title: is missing; titel: is not a known key"),
    (YAML, "precision: float64", "precision: double", "precision: got 'double'"),
    (YAML, "year: 2026", "year: soon", "year: got 'soon'"),
    (YAML, "[0, 1, 2, 3, 4]", "[0, 0, 1]", "parameters.seeds: laptop: 0 stands twice in the list"),
    (YAML, "[0, 1, 2, 3, 4]", "[-1, 1]", "parameters.seeds.laptop: got -1, a seed is a whole number from 0"),
    (YAML, "[0, 1, 2, 3, 4]", "[1, 4294967297]", "got 4294967297, a seed is a whole number"),
    (YAML, "[0, 1, 2, 3, 4]", "[]", "parameters.seeds: laptop: the list is empty"),
    (YAML, "[0, 1, 2, 3, 4]", "[0, a]", "parameters.seeds: has different types"),
    (YAML, "rate: {", "rate: [", "paper.yaml: not valid YAML"),
    (YAML, "year: 2026", "year: 2026\nyear: 2027", "the key 'year' stands twice"),
    (YAML, "  rate:", "  speed:", "'rate', which is neither a stage nor a parameter of toy_a"),
    (YAML, "  length:", "  Length:", "parameters.Length: a name is small letters"),
    (
        YAML,
        "parameters:\n",
        "resources: {other: {laptop: {mem_mb: 1, runtime: 1}}}\nparameters:\n",
        "resources.other: no such stage",
    ),
    (
        STAGES,
        "def line(rate):",
        "def line(rates):",
        "stages.py:22: stage 'line' reads 'rates', which is neither a stage nor a parameter of toy_a",
    ),
    (STAGES, "def draws(seeds, length):", "def draws(seeds, length, summary):", "stages read each other in a circle: "),
    (STAGES, "def line(rate):", "def rate(rate):", "'rate' is both a parameter and a stage"),
    (STAGES, "def line(rate):", "def line(rate=1):", "takes *args, **kwargs or defaults"),
    (
        STAGES,
        'mean = draws.value.mean("x")',
        'line(1)\n    mean = draws.value.mean("x")',
        "mentions line, another public function",
    ),
    (STAGES, 'split="seeds"', 'split="length"', "is split over 'length', which is not a list"),
    (STAGES, 'split="seeds"', 'split="rate"', "is split over 'rate', not a parameter that it reads"),
    (STAGES, "@stage\ndef line", "def line", "stages.py:21: stage 'line' has no mark; expected @stage above a stage"),
    (STAGES, "block=2", "blocks=2", "has @stage(blocks=...); known are block, gpu, nan, split"),
    (STAGES, "block=2", "block=0", "has block=0; expected a whole number from 1"),
    (STAGES, "block=2", "block=int(2)", "are read without running the file: write them as literals"),
    (
        STAGES,
        "import xarray as xr",
        "import xarray as xr\nfrom replica.papers.toy_b import stages",
        "imports replica.papers.toy_b.stages",
    ),
    (STAGES, "def line(rate):", "def line(rate:", "stages.py:22: "),
    (CLAIMS, "control=summary.shifted, control_is", "control_is", "has no negative control"),
    (CLAIMS, "control=summary.shifted", "control=100.0", "writes its control as a literal"),
    (CLAIMS, '@claim("C2"', '@claim("C1"', "claims 'mean_is_small' and 'line_is_low' have the same id 'C1'"),
    (CLAIMS, '@claim("C2", source="text")\n', "", "claim 'line_is_low' has no mark"),
    (CLAIMS, '    """The line is low."""\n', "", "claim 'line_is_low' has no docstring; it is the statement"),
    (CLAIMS, 'source="text"', "", "needs an id and a source"),
    (
        FIGURES,
        "def lines(line):",
        "def lines(spectra):",
        "figure 'lines' reads 'spectra', which is neither a stage nor a parameter of toy_a (stages: ",
    ),
    (FIGURES, '    """The line."""\n', "", "figure 'lines' has no docstring; it is the caption"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), FAULTS, ids=[f"{f}: {m[:50]}" for f, _, _, m in FAULTS])
def test_a_fault_is_named(toy, file, old, new, message):
    catalog.load(root=toy.path)
    toy.edit(f"src/replica/papers/toy_a/{file}", old, new)
    with pytest.raises(ReplicaError) as caught:
        catalog.load(root=toy.path)
    assert message in str(caught.value)
    assert "toy_a" in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_and_an_unknown_paper_are_named(toy):
    with pytest.raises(ReplicaError, match=r"no paper 'toy_c' .*papers: toy_a, toy_b"):
        catalog.load(["toy_c"], root=toy.path)
    (toy.papers / "toy_b/claims.py").unlink()
    with pytest.raises(ReplicaError, match=r"toy_b/claims\.py: the file is missing"):
        catalog.load(root=toy.path)


def test_the_cache_changes_nothing(toy):
    first = catalog.load(root=toy.path)
    assert (toy.path / ".cache/catalog.json").exists()
    assert catalog.load(root=toy.path) == first
    (toy.path / ".cache/catalog.json").write_text("{not json")
    assert catalog.load(root=toy.path) == first


def test_a_paper_as_it_is_read(toy):
    paper = catalog.load(root=toy.path)["toy_a"]
    assert list(paper.stages) == ["draws", "line", "summary"] or list(paper.stages) == ["line", "draws", "summary"]
    assert paper.stages["summary"].reads == ("draws", "rate")
    assert paper.values(paper.stages["line"], "laptop") == {"rate": 0.001}
    assert paper.blocks("draws", "laptop") == [[0, 1], [2, 3], [4]]
    assert paper.blocks("line", "laptop") == []
    assert paper.upstream(paper.figures["means"]) == ["draws", "summary"]


def test_numbers_and_words_are_those_of_yaml_1_2():
    text = "[1e-3, 1.5e3, 5e-5, 1.0e-3, .5, 010, 7, -2, no, on, 12:30, yes, true, False, ~, 1_000]"
    expected = [1e-3, 1500.0, 5e-5, 1e-3, 0.5, 10, 7, -2, "no", "on", "12:30", "yes", True, False, None, "1_000"]
    found = read_yaml(text)
    assert found == expected and [type(x) for x in found] == [type(x) for x in expected]


def test_forms_of_one_number_are_one_value():
    row = {"unit": "1", "about": "a", "source": "s", "smoke": 1, "laptop": 1, "paper": 1.5}
    values = [with_value(row, "laptop", read_yaml(form), "rate")["laptop"] for form in ("1e-3", "0.001", "1.0e-3")]
    assert values == [0.001] * 3
    assert repr(with_value(row, "laptop", 2, "rate")["laptop"]) == "2.0"


def test_kinds_in_words():
    assert kind_of([1, 2.5]) == "list of numbers"
    assert kind_of([[1], [2, 3]]) == "list of list of whole numberss"
    assert "mixed" in kind_of([1, "a"])
    assert kind_of(True) == "truth value"
