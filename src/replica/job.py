"""What a rule runs: one stage, one shard of it, the judging of one paper, one figure.

Every function works in the process that calls it; ``replica.machine.pin`` has been called before.
"""

import importlib
import io
import json
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from replica import catalog, timing
from replica.catalog import Paper
from replica.error import ReplicaError
from replica.fingerprint import Fingerprints

COMPUTING = ("jax", "jaxlib", "numpy", "scipy", "xarray", "zarr")  # packages whose versions a store records


def module_of(paper: Paper, kind: str) -> ModuleType:
    return importlib.import_module(f"replica.papers.{paper.slug}.{kind}")


@contextmanager
def precision_of(paper: Paper) -> Iterator[None]:
    """JAX in the paper's precision, and back: one paper's mode never reaches the next."""
    import jax

    with jax.enable_x64(paper.about["precision"] == "float64"):
        yield


def shard_of_blocks(blocks: list[list], shard: str) -> list[list]:
    """The blocks of shard ``KofN``: consecutive, as even as they can be.  Raises ReplicaError."""
    match = re.fullmatch(r"([0-9]+)of([0-9]+)", shard)
    if not match or not 1 <= int(match[1]) <= int(match[2]) <= len(blocks):
        raise ReplicaError(f"got shard {shard!r}; expected 1of{len(blocks)} to {len(blocks)}of{len(blocks)}")
    k, n = int(match[1]), int(match[2])
    return blocks[len(blocks) * (k - 1) // n : len(blocks) * k // n]


def _finish(dataset: Any, paper: Paper, stage: str) -> Any:
    """Give coordinates named like a parameter their unit and name, then check the dataset."""
    from replica import store

    what = f"{catalog.PAPERS / paper.slug / 'stages.py'}: the result of stage '{stage}'"
    if hasattr(dataset, "coords"):
        for name in dataset.coords:
            if name in paper.parameters:
                attrs = dataset[name].attrs
                attrs.setdefault("units", paper.parameters[name]["unit"])
                attrs.setdefault("long_name", str(name).replace("_", " "))
    store.check(dataset, tuple(paper.stages[stage].marks.get("nan", ())), what)
    return dataset


def join(datasets: list, paper: Paper, stage: str) -> Any:
    """Datasets of blocks or shards, one after the other along the dimension over which the stage is split."""
    import xarray as xr

    split = paper.stages[stage].marks["split"]
    try:
        return xr.concat(
            datasets,
            split,
            data_vars="minimal",
            coords="minimal",
            compat="identical",
            join="exact",
            combine_attrs="identical",
        )
    except (ValueError, xr.MergeError) as error:
        raise ReplicaError(
            f"{paper.slug}/stages.py: the blocks of stage '{stage}' do not fit together along '{split}': "
            f"{error}. What does not depend on '{split}' must be the same in every block"
        ) from None


def compute(paper: Paper, stage: str, scale: str, read: Callable[[str], Any], shard: str | None = None) -> Any:
    """Run a stage: the dataset that it returns, checked.

    read: gives the dataset of a stage by its name; shard: only the blocks of this shard ("2of4").
    """
    function = paper.stages[stage]
    implementation = getattr(module_of(paper, "stages"), stage)
    arguments = paper.values(function, scale) | {name: read(name) for name in paper.stages_read(function)}
    blocks = paper.blocks(stage, scale)

    def run(given: dict[str, Any]) -> Any:
        with timing.computing():
            result = implementation(**given)
        return _finish(result, paper, stage)

    with precision_of(paper):
        if not blocks:
            return run(arguments)
        split, results = function.marks["split"], []
        if shard is not None:
            blocks = shard_of_blocks(blocks, shard)
        for done, block in enumerate(blocks):
            print(
                f"{paper.slug} {stage}: block {done + 1} of {len(blocks)}, {split} {block[0]} to {block[-1]}",
                flush=True,
            )
            result = run(arguments | {split: block})
            if split not in result.dims or result[split].values.tolist() != block:
                raise ReplicaError(
                    f"{paper.slug}/stages.py: stage '{stage}' is split over '{split}' and must return "
                    f"a dimension '{split}' with the values it was given, {block}"
                )
            results.append(result)
        return join(results, paper, stage)


def attributes(paper: Paper, stage: str, scale: str, fingerprint: str) -> dict[str, Any]:
    """What a store says of itself; nothing that differs from run to run."""
    import jax

    return {
        "paper": paper.slug,
        "stage": stage,
        "scale": scale,
        "fingerprint": fingerprint,
        "parameters": paper.values(paper.stages[stage], scale),
        "reads": paper.stages_read(paper.stages[stage]),
        "precision": paper.about["precision"],
        "matmul_precision": jax.config.jax_default_matmul_precision,
        "platform": f"{jax.default_backend()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in COMPUTING},
    }


class Inputs:
    """Datasets of a paper's stages as a job reads them: from results/, and only those that are today's."""

    def __init__(self, paper: Paper, scale: str, fingerprints: Fingerprints):
        self.paper, self.scale, self.fingerprints = paper, scale, fingerprints

    def __call__(self, stage: str) -> Any:
        from replica import store

        slug, path = self.paper.slug, catalog.store_path(self.scale, self.paper.slug, stage)
        return store.load(path, slug, stage, self.scale, self.fingerprints.stage(slug, stage, self.scale))


def arguments_of(paper: Paper, kind: str, name: str, scale: str, read: Callable[[str], Any]) -> dict[str, Any]:
    """What a claim or figure reads: parameters and datasets."""
    function = getattr(paper, kind)[name]
    return paper.values(function, scale) | {stage: read(stage) for stage in paper.stages_read(function)}


def judge(paper: Paper, scale: str, read: Callable[[str], Any], fingerprint: str) -> dict[str, Any]:
    """Judge all claims of a paper: what claims.json holds."""
    from replica import verdict

    module = module_of(paper, "claims")
    unjudged = "smoke scale: too small to judge" if scale == "smoke" else None
    cached: dict[str, Any] = {}

    def read_once(stage: str) -> Any:
        if stage not in cached:
            cached[stage] = read(stage)
        return cached[stage]

    claims = {}
    for name, function in paper.claims.items():
        where = f"{catalog.PAPERS / paper.slug / 'claims.py'}:{function.line}: claim '{name}'"
        try:
            judgement = getattr(module, name)(**arguments_of(paper, "claims", name, scale, read_once))
        except ReplicaError:
            raise
        except Exception as error:
            raise ReplicaError(f"{where}: {type(error).__name__}: {error}") from error
        if not isinstance(judgement, verdict.Judgement):
            raise ReplicaError(f"{where} returned {type(judgement).__name__}, expected what judge(...) gives")
        marks = function.marks
        claims[name] = {
            "id": marks["id"],
            "statement": " ".join(function.doc.split()),
            "source": marks["source"],
            "core": marks.get("core", False),
            **verdict.record(judgement, refutes=marks.get("refutes", False), unjudged=unjudged),
        }
    return {"paper": paper.slug, "scale": scale, "fingerprint": fingerprint, "claims": claims}


def write_text(text: str, path: Path) -> None:
    """Write a text file so that it is whole or absent."""
    from replica.store import publish

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".replica-", delete=False, encoding="utf-8") as file:
        file.write(text)
    publish(Path(file.name), path)


def as_json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def draw(
    paper: Paper, figure: str, scale: str, read: Callable[[str], Any], fingerprint: str, pdf: Path, png: Path
) -> None:
    """Draw a figure as PDF and PNG; the bytes depend on the data, the code and the versions only."""
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from replica import style
    from replica.store import publish

    style.apply()
    drawn = getattr(module_of(paper, "figures"), figure)(**arguments_of(paper, "figures", figure, scale, read))
    if not isinstance(drawn, Figure):
        path = catalog.PAPERS / paper.slug / "figures.py"
        raise ReplicaError(f"{path}: figure '{figure}' returned {type(drawn).__name__}, expected a matplotlib Figure")
    title = f"{paper.slug} {figure}"
    pdf.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".replica-", dir=pdf.parent) as folder:
        temporary = Path(folder)
        about = {"Title": title, "Keywords": f"replica:{fingerprint}", "CreationDate": None}
        drawn.savefig(temporary / "pdf", format="pdf", metadata=about)
        pixels = io.BytesIO()
        drawn.savefig(pixels, format="png", metadata={"Software": None})
        plt.close(drawn)
        # 256 colours are enough for lines and points, and make a third of the bytes.
        image = Image.open(pixels).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        text = PngInfo()
        text.add_text("Title", title)
        text.add_text("replica", fingerprint)
        image.save(temporary / "png", format="PNG", optimize=True, pnginfo=text)
        publish(temporary / "pdf", pdf)
        publish(temporary / "png", png)


def recorded_fingerprint(path: Path) -> str | None:
    """The fingerprint that an artefact carries; None where it is absent or carries none that can be read."""
    try:
        if path.name.endswith(".zarr.zip"):
            from zipfile import ZipFile

            with ZipFile(path) as zipped:
                return json.loads(zipped.read("zarr.json"))["attributes"]["replica"]["fingerprint"]
        if path.suffix == ".json":
            return json.loads(path.read_text(encoding="utf-8"))["fingerprint"]
        if path.suffix == ".pdf":
            found = re.search(rb"/Keywords \(replica:([0-9a-f]+)\)", path.read_bytes())
            return found[1].decode() if found else None
        if path.suffix == ".png":
            found = re.search(rb"tEXtreplica\0([0-9a-f]{32})", path.read_bytes())
            return found[1].decode() if found else None
    except Exception:  # a damaged file carries no fingerprint; the job that reads it says what is wrong
        return None
    return None


def complain(message: str) -> None:
    print(f"replica: {message}", file=sys.stderr)
