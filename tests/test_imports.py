"""Imports point down: who may import what, read from the source."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests import ROOT

SOURCES = [ROOT / "app.py", ROOT / "serve.py", *sorted(ROOT.glob("pages/*.py")), *sorted(ROOT.glob("idcore/**/*.py"))]

MAY_IMPORT = {
    "streamlit": ("serve.py", "idcore/ui/", "idcore/cli_run.py"),  # the last starts it
    "plotly": ("idcore/figures/",),
    "matplotlib": ("idcore/figures/printed/",),
    "torch": (
        "idcore/networks/",
        "idcore/data/",
        "idcore/torchvision_seam.py",
        "idcore/activations.py",
        "idcore/matrices.py",
        "idcore/geometry/",
        "idcore/inside/",
        "idcore/generalise/",
        "idcore/pipeline",
        "idcore/api.py",
    ),
    "torchvision": ("idcore/torchvision_seam.py",),
    "distributed": ("idcore/jobs",),
    "dask": ("idcore/jobs",),
    "numba": ("idcore/estimators/compiled.py",),
    "sklearn": ("idcore/estimators/accuracy.py",),
    "mlxtend": ("idcore/data/source.py",),
    "umap": ("idcore/estimators/embedding.py",),
    "h5py": ("idcore/files/hdf.py",),
    "pickle": (),
    "cloudpickle": (),
}
DECODERS = {  # what makes values of bytes, beside `idcore/files/`: of files of our own, or whose digest is known
    "Image.open": ("idcore/figures/printed/marks.py",),  # what a figure holds
    "zipfile.ZipFile": (
        "idcore/data/download.py",
        "idcore/parcel.py",
        "idcore/ui/explore/placing.py",
    ),  # the last two write
    "tarfile.open": ("idcore/data/download.py",),
    "np.load": (),
    "np.loadtxt": ("idcore/data/source.py",),  # of packages
    "csv.reader": ("idcore/command.py",),  # an argument of the command line
    "gzip.open": (),
    "gzip.GzipFile": (),
    "gzip.decompress": (),
    "zlib.decompress": (),
    "zlib.decompressobj": (),
    "safe_open": ("idcore/store/folder.py",),
    "h5py.File": (),
    "loadmat": (),
    "scipy.io.loadmat": (),
    "pq.ParquetFile": (),
    "pickletools.genops": (),
    "struct.unpack": (),
}
PAGES = tuple(f"idcore/ui/{path.stem}/" for path in sorted(ROOT.glob("pages/*.py")))
LEVELS = [  # each line may import from the lines after it, and within itself
    ("app.py", "pages/"),
    (
        "serve.py",
        "idcore/ui/ahead.py",
        "idcore/ui/app.py",
        "idcore/ui/compressed.py",
        "idcore/ui/first_sight.py",
        "idcore/ui/preloads.py",
    ),
    PAGES,
    ("idcore/ui/result/", "idcore/ui/sidebar/"),
    ("idcore/ui/kit/", "idcore/ui/__init__.py"),
    ("idcore/cli", "idcore/__main__.py", "idcore/__init__.py", "idcore/sweep.py"),
    ("idcore/api.py",),
    ("idcore/parcel.py",),
    ("idcore/figures/", "idcore/command.py", "idcore/identity.py", "idcore/numbers.py"),
    ("idcore/paper/", "idcore/learn/"),
    ("idcore/statistics.py", "idcore/structure.py", "idcore/dissimilarity.py", "idcore/jobs"),
    ("idcore/points.py", "idcore/cloud.py"),
    ("idcore/pipeline",),
    ("idcore/inside/", "idcore/generalise/"),
    ("idcore/networks/", "idcore/activations.py", "idcore/matrices.py"),
    ("idcore/data/",),
    ("idcore/geometry/",),
    ("idcore/results/",),
    ("idcore/estimators/",),
    ("idcore/confined/",),
    ("idcore/record.py", "idcore/store/", "idcore/settings.py"),
    ("idcore/spec/",),
    ("idcore/files/",),
    ("idcore/fetch.py", "idcore/given.py", "idcore/watch.py"),
    (
        "idcore/errors.py",
        "idcore/exports.py",
        "idcore/limits.py",
        "idcore/shapes.py",
        "idcore/steps.py",
        "idcore/text.py",
        "idcore/streams.py",
        "idcore/torchvision_seam.py",
        "idcore/version.py",
    ),
]


@cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a module's syntax that imports or calls."""
    kinds = (ast.Import, ast.ImportFrom, ast.Call)
    return tuple(node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds))


@cache
def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def _called(path: Path) -> set[str]:
    return {ast.unparse(node.func) for node in _nodes(path) if isinstance(node, ast.Call)}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _level(name: str) -> int:
    matches = [i for i, starts in enumerate(LEVELS) if name.startswith(starts)]
    assert matches, f"{name} stands on no level of LEVELS"
    return matches[0]


@cache
def _file_of(module: str) -> str | None:
    path = ROOT / Path(*module.split("."))
    if path.with_suffix(".py").exists():
        return _name(path.with_suffix(".py"))
    return _name(path / "__init__.py") if (path / "__init__.py").exists() else None


@pytest.mark.parametrize("library", MAY_IMPORT)
def test_only_the_named_modules_import_a_heavy_library(library):
    importing = [_name(path) for path in SOURCES if library in {module.split(".")[0] for module in _imports(path)}]
    assert not [name for name in importing if not name.startswith(MAY_IMPORT[library] or ("-",))]


@pytest.mark.parametrize("decoder", DECODERS)
def test_bytes_from_outside_are_decoded_in_one_package(decoder):
    calling = [_name(path) for path in SOURCES if decoder in _called(path)]
    assert not [name for name in calling if not name.startswith(("idcore/files/", *DECODERS[decoder]))]
    assert all(decoder in _called(ROOT / name) for name in DECODERS[decoder]), "an exception that nobody needs"


def test_imports_point_down():
    upwards = []
    for path in SOURCES:
        if path.name == "__init__.py" and path.parent.name == "idcore":
            continue  # names every public module, lazily
        here = _level(_name(path))
        for module in _imports(path):
            target = _file_of(module) if module.split(".")[0] == "idcore" and module != "idcore" else None
            if target and _level(target) < here:
                upwards.append(f"{_name(path)} imports {module}, which stands above it")
    assert not upwards


@pytest.mark.parametrize("page", PAGES)
def test_pages_do_not_import_one_another(page):
    for path in (ROOT / page).glob("*.py"):
        others = [_file_of(module) or "" for module in _imports(path) if module.startswith("idcore.ui.")]
        assert not [name for name in others if name.startswith(PAGES) and not name.startswith(page)], path


@pytest.mark.parametrize("path", sorted(ROOT.glob("pages/*.py")), ids=_name)
def test_a_page_is_the_folder_of_its_name_behind_the_guard(path):
    _, *body = ast.parse(path.read_text()).body
    imports = sorted((f"from idcore.ui.{path.stem} import page", "from idcore.ui.kit import guard"))
    assert list(map(ast.unparse, body)) == [*imports, "guard.through_app()", "page.main()"]


def test_no_test_file_takes_anything_from_another():
    """What several need is a fixture of a conftest.py or stands in tests/tools."""
    for path in sorted(ROOT.glob("tests/**/*.py")):
        own = _name(path).removesuffix(".py").replace("/", ".")  # what a script or a page in it imports
        others = {module for module in _imports(path) if module.startswith("tests.") and ".test_" in module}
        assert not [module for module in others if not f"{module}.".startswith(f"{own}.")], path


def test_nothing_is_pickled_or_saved_by_torch():
    for path in SOURCES:
        assert not {"torch.save", "torch.load"} & _called(path), path
        assert "allow_pickle=True" not in path.read_text(), path
