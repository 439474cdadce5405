"""What is installed is what is in the tree, and it works away from it."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
FOLDERS = {"ipagym": "ipagym", "envs": "ipagym/envs", "agents": "ipagym/agents", "profiles": "ipagym/profiles"}

SMOKE = """
import gymnasium, ipagym
env = gymnasium.make("ipagym/Video-v0", workload="constant:5")
env.reset(seed=0)
over = False
while not over:
    _, _, _, over, info = env.step(env.action_space.sample())
print(ipagym.__file__, info["window"]["end_s"])
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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the tracked files by way of a source distribution."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in [*tracked(), "pyproject.toml", "README.md", "LICENSE"]:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
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
