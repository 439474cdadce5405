"""What is installed is what is in the tree, and it works away from it."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

import ipagym

ROOT = Path(__file__).parents[1]
METADATA = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = METADATA["tool"]["setuptools"]
FOLDERS = {"ipagym": "ipagym", "envs": "ipagym/envs", "agents": "ipagym/agents", "profiles": "ipagym/profiles"}
BUILT_FROM = ["__init__.py", "pyproject.toml", "setup.py", "README.md", "LICENSE"]

SMOKE = """
import gymnasium, ipagym
env = gymnasium.make("ipagym/Video-v0", workload="constant:5", backend="simpy")
env.reset(seed=0)
over = False
while not over:
    _, _, _, over, info = env.step(env.action_space.sample())
print(ipagym.__file__, info["truth"]["end_s"])
"""


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", *FOLDERS], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split() if (ROOT / name).is_file()]


def test_every_package_is_listed() -> None:
    on_disk = {
        ".".join(Path(target, Path(name).parent.relative_to(folder)).parts)
        for folder, target in FOLDERS.items()
        for name in tracked()
        if name.startswith(f"{folder}/") and name.endswith("__init__.py")
    }
    assert on_disk == set(SETUPTOOLS["packages"])


def test_links_lead_to_the_mapped_folders() -> None:
    for name in ("envs", "agents", "profiles"):
        link = ROOT / "ipagym" / name
        assert not link.is_dir() or link.resolve() == (ROOT / name).resolve()


def copy_to(folder: Path) -> None:
    """A checkout in that folder, of what is built from, without the links."""
    for name in [*tracked(), *BUILT_FROM]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the tracked files by way of a source distribution."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    copy_to(source)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_tracked_files(wheel: Path) -> None:
    expected = set()
    for name in tracked():
        folder, _, rest = name.partition("/")
        expected.add(f"{FOLDERS[folder]}/{rest}")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected


def test_the_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target), str(wheel)]
    assert subprocess.run(install, capture_output=True, text=True).returncode == 0
    code = f"import sys; sys.path.insert(0, {str(target)!r})\n{SMOKE}"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(target))
    assert ran.stdout.split()[-1] == "1200.0"


def test_import_is_light() -> None:
    heavy = "torch numba mip stable_baselines3 matplotlib pandas simpy ipagym.envs ipagym.agents".split()
    code = f"import sys, ipagym; print([name for name in {heavy!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]", ran.stderr


IMPORTS = """
import ipagym, ipagym.envs, ipagym.agents.catalogue, ipagym.profiles.schema
from importlib.util import find_spec
print(ipagym.__file__, ipagym.__version__, [name for name in ("envs", "agents", "profiles") if find_spec(name)])
"""


@pytest.fixture(scope="module", params=["with links", "without links"])
def editable(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkout `ipagym`, installed in editable mode in the environment `venv` beside it."""
    folder = tmp_path_factory.mktemp("editable")
    copy_to(folder / "ipagym")
    for name in ("envs", "agents", "profiles") if request.param == "with links" else ():
        (folder / "ipagym" / "ipagym" / name).symlink_to(Path("..", name), target_is_directory=True)
    code = "import sys; from setuptools.build_meta import build_editable; print(build_editable(sys.argv[1]))"
    build = [sys.executable, "-c", code, str(folder)]
    built = subprocess.run(build, cwd=folder / "ipagym", capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    site = make_environment(folder)
    zipfile.ZipFile(next(folder.glob("*.whl"))).extractall(site)
    (site / "zz-dependencies.pth").write_text(sysconfig.get_path("purelib"))  # no editable install there is followed
    return folder


def make_environment(folder: Path) -> Path:
    """The site-packages, empty, of a new environment `venv` in the folder."""
    assert subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")]).returncode == 0
    return Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))


def run_in(folder: Path, where: Path, code: str) -> "subprocess.CompletedProcess[str]":
    """What the code does in the folder's environment, with `where` as the working folder."""
    python = Path(sysconfig.get_path("scripts", vars={"base": str(folder / "venv")}), Path(sys.executable).name)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run([str(python), "-c", code], cwd=where, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran


@pytest.mark.parametrize("where", [".", "ipagym", "venv"])
def test_an_editable_checkout_is_found_from_everywhere(editable: Path, where: str) -> None:
    """From its parent folder, too, where its own folder has the package's name."""
    ran = run_in(editable, editable / where, IMPORTS)
    path, version, loose = ran.stdout.split(maxsplit=2)
    assert Path(path) == editable / "ipagym" / "ipagym" / "__init__.py"
    assert version == METADATA["project"]["version"]
    assert loose.strip() == ("['envs', 'agents', 'profiles']" if where == "ipagym" else "[]")


RESET = """
import gymnasium, ipagym
gymnasium.make("ipagym/Video-v0", workload="constant:5", backend="simpy").reset(seed=0)
print(ipagym.__file__)
"""


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    """A folder with a checkout `ipagym`, and the environment `venv` beside it, with the dependencies only."""
    copy_to(tmp_path / "ipagym")
    for name in ("envs", "agents", "profiles"):
        (tmp_path / "ipagym" / "ipagym" / name).symlink_to(Path("..", name), target_is_directory=True)
    site = make_environment(tmp_path)
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if "ipagym" not in each.name:
            (site / each.name).symlink_to(each)
    return tmp_path


def test_a_clone_works_from_its_parent_folder_without_being_installed(cloned: Path) -> None:
    assert run_in(cloned, cloned, RESET).stdout.strip() == str(cloned / "ipagym" / "ipagym" / "__init__.py")


def test_an_installed_package_goes_before_a_clone_in_the_working_folder(cloned: Path) -> None:
    site = Path(sysconfig.get_path("purelib", vars={"base": str(cloned / "venv")}))
    (site / "ipagym").mkdir()
    (site / "ipagym" / "__init__.py").write_text("MARK = 'installed'")
    assert run_in(cloned, cloned, "import ipagym; print(ipagym.MARK)").stdout == "installed\n"


def test_a_release_has_one_version() -> None:
    version = METADATA["project"]["version"]
    newest = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    cited = next(line for line in (ROOT / "CITATION.cff").read_text().splitlines() if line.startswith("version:"))
    assert ipagym.__version__ == version == cited.split()[1]
    assert newest in (f"## {version}", "## Unreleased")
    for page in ("README.md", "docs/index.md"):
        assert f"  version = {{{version}}}," in (ROOT / page).read_text(encoding="utf-8")
