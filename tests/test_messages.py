"""Every field of scenario and profile files: a wrong type, a value out of range, a misspelt name give one line each."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import annotated_types
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ipagym.envs import scenario_schema as scenarios
from ipagym.envs.scenario_file import load_scenario
from ipagym.profiles import load_file
from ipagym.profiles import schema as profiles
from ipagym.system.errors import InputError
from tests.plain_yaml import dumped

Place = tuple[str | int, ...]

SCENARIO: dict[str, Any] = {
    "pipeline": "video", "workload": "constant:5:60", "description": "mine", "slo_s": 2.0, "interval_s": 10.0,
    "knobs": ["variant", "replicas", "batch", "cores"], "max_batch": 4,
    "loads": {"mine": {"workload": "constant:6:60", "objective": {"alpha": 3.0}}},
    "initial": [{"variant": "yolov5n"}, {"variant": "resnet18", "replicas": 2, "batch": 2, "cores": 2}],
    "limits": {"max_replicas": 4, "node_cores": [16]}, "physics": {"drop": {"expired": True}},
    "network": {"name": "4g"}, "telemetry": {"lag_s": 10.0}, "faults": {"straggler": 0.1}, "objective": {"beta": 0.5},
}  # fmt: skip

MEASURED = {"average_s": {1: 0.1, 2: 0.15}, "p99_s": {1: 0.2, 2: 0.3}}
VARIANT = {"accuracy": 0.5, "base_cores": 1, "load_s": 3.0}
PROFILE: dict[str, Any] = {
    "name": "mine", "description": "of my own", "slo_s": 2.0, "tight_slo_s": 1.0, "batch_timeout_s": 0.1,
    "max_age_s": 10.0, "objective": {"alpha": 1.0, "beta": 1.0, "delta": 0.0},
    "idle_watts_per_core": 1.0, "busy_watts_per_core": 2.0,
    "stages": [{"name": "only", "batches": [1, 2], "after": [], "variants": [
        {"name": "measured", **VARIANT, **MEASURED, "throughput_rps": {1: 10.0}, "on_cores": {2: dict(MEASURED)}},
        {"name": "by-law", **VARIANT, "law": {
            "gamma_ms": 50.0, "delta_ms": 5.0, "epsilon_ms": 9.0, "eta_ms": 3.0, "average_share": 0.8, "max_cores": 8,
            "max_batch": 8}},
    ]}],
    "accuracy_by_combination": [
        {"variants": ["measured"], "accuracy": 0.5}, {"variants": ["by-law"], "accuracy": 0.6},
    ],
}  # fmt: skip

FIRST: Place = ("stages", 0, "variants", 0)
FORMS: list[tuple[str, type[BaseModel], Place]] = [
    ("scenario", scenarios.ScenarioFile, ()),
    ("scenario", scenarios.LimitsFile, ("limits",)),
    ("scenario", scenarios.PhysicsFile, ("physics",)),
    ("scenario", scenarios.DropFile, ("physics", "drop")),
    ("scenario", scenarios.FaultsFile, ("faults",)),
    ("scenario", scenarios.ObjectiveFile, ("objective",)),
    ("scenario", scenarios.ObjectiveFile, ("loads", "mine", "objective")),
    ("scenario", scenarios.LoadFile, ("loads", "mine")),
    ("scenario", scenarios.NetworkFile, ("network",)),
    ("scenario", scenarios.TelemetryFile, ("telemetry",)),
    ("scenario", scenarios.SettingFile, ("initial", 1)),
    ("profile", profiles.ProfileFile, ()),
    ("profile", profiles.ObjectiveFile, ("objective",)),
    ("profile", profiles.StageFile, ("stages", 0)),
    ("profile", profiles.VariantFile, FIRST),
    ("profile", profiles.MeasuredFile, (*FIRST, "on_cores", 2)),
    ("profile", profiles.LawFile, ("stages", 0, "variants", 1, "law")),
    ("profile", profiles.CombinationFile, ("accuracy_by_combination", 1)),
]
SOUND = {"scenario": SCENARIO, "profile": PROFILE}
LOAD: dict[str, Callable[[Path], object]] = {"scenario": load_scenario, "profile": load_file}


def forms_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from forms_in(field.annotation)
    for part in get_args(annotation):
        yield from forms_in(part)


def bounds_of(field: FieldInfo) -> Iterator[object]:
    """The bounds of a number, also where it may be left out."""
    if get_origin(field.annotation) in (list, dict):
        return
    yield from field.metadata
    for part in get_args(field.annotation):
        if get_origin(part) is Annotated and get_args(part)[0] in (int, float):
            yield from (bound for info in get_args(part)[1:] for bound in info.metadata)


def is_number(field: FieldInfo) -> type | None:
    kinds = [field.annotation, *(get_args(part)[0] for part in get_args(field.annotation) if get_args(part))]
    return next((kind for kind in (int, float) if kind in kinds), None)


def beyond(bound: object, kind: type) -> tuple[float, str] | None:
    """A number that breaks the bound, and how the bound is written."""
    number = next((getattr(bound, sign) for sign in ("ge", "gt", "le", "lt") if hasattr(bound, sign)), None)
    if number is None:
        return None
    if isinstance(bound, annotated_types.Ge):
        return kind(number - 1), f"{number:.12g}"
    return kind(2 * number + 1) if isinstance(bound, annotated_types.Le) else kind(number), f"{number:.12g}"


def fields() -> Iterator[tuple[str, Place, str, FieldInfo]]:
    for what, form, place in FORMS:
        for name, field in form.model_fields.items():
            yield what, place, name, field


def changed(what: str, place: Place, name: str, value: object) -> str:
    """A sound file with one field put in or replaced."""
    content = deepcopy(SOUND[what])
    at: Any = content
    for part in place:
        at = at[part]
    at[name] = value
    return dumped(content)


def message(what: str, text: str, folder: Path) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        LOAD[what](path)
    found = str(error.value)
    assert found.isprintable()
    assert len(found) < 300
    assert "File" not in found, "users know no classes"
    assert " more)" not in found, "one thing is wrong, not several"
    return found


def dotted(place: Place, name: str) -> str:
    return ".".join(map(str, (*place, name)))


WRONG_TYPES = [
    pytest.param(what, place, name, 5 if kind in (dict, "form") else {"wrong": 1}, id=f"{what} {dotted(place, name)}")
    for what, place, name, field in fields()
    for kind in [
        "form" if any(forms_in(field.annotation)) and list not in map(get_origin, [field.annotation]) else
        next((o for o in map(get_origin, [field.annotation, *get_args(field.annotation)]) if o is dict), None)  # type: ignore[comparison-overlap]
    ]
]  # fmt: skip

OUT_OF_RANGE = [
    pytest.param(what, place, name, *broken, id=f"{what} {dotted(place, name)} {bound}")
    for what, place, name, field in fields()
    if (kind := is_number(field))
    for bound in bounds_of(field)
    if (broken := beyond(bound, kind)) is not None
]


@pytest.mark.parametrize("what", SOUND)
def test_the_files_are_sound_as_long_as_nothing_is_changed(what: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(dumped(SOUND[what]))
    assert LOAD[what](path)


def test_no_form_is_left_out() -> None:
    reachable = {*forms_in(scenarios.ScenarioFile), *forms_in(profiles.ProfileFile)}
    assert reachable == {form for _, form, _ in FORMS}
    assert len(OUT_OF_RANGE) > 100


@pytest.mark.parametrize(("what", "place", "name", "value"), WRONG_TYPES)
def test_a_wrong_type_names_the_field(what: str, place: Place, name: str, value: object, tmp_path: Path) -> None:
    found = message(what, changed(what, place, name, value), tmp_path)
    assert found.startswith(f"mine.yaml: {dotted(place, name)}")
    assert "should" in found


@pytest.mark.parametrize(("what", "place", "name", "value", "bound"), OUT_OF_RANGE)
def test_a_value_out_of_range_names_field_value_and_bound(
    what: str, place: Place, name: str, value: float, bound: str, tmp_path: Path
) -> None:
    found = message(what, changed(what, place, name, value), tmp_path)
    assert found.startswith(f"mine.yaml: {dotted(place, name)}: {value}: Input should be ")
    assert found.endswith(f" {bound}")


@pytest.mark.parametrize(
    ("what", "place", "name"), [pytest.param(*f[:3], id=f"{f[0]} {dotted(f[1], f[2])}") for f in fields()]
)
def test_a_misspelt_field_is_answered_with_the_right_one(what: str, place: Place, name: str, tmp_path: Path) -> None:
    misspelt = f"{name}x"
    found = message(what, changed(what, place, misspelt, 1), tmp_path)
    assert found.startswith(f"mine.yaml: {dotted(place, misspelt)}: 1: ")
    assert found.endswith(f"did you mean {name}?")


@pytest.mark.parametrize(
    ("what", "place", "name", "value", "said"),
    [
        ("scenario", (), "faults", {"crashes_per_hour": -1}, "faults.crashes_per_hour: -1: Input should be greater"),
        ("scenario", (), "faults", {"failed_start": 2}, "faults.failed_start: 2: Input should be less than 1"),
        ("scenario", (), "faults", "", "faults: '': String should have at least 1 character"),
        ("scenario", (), "faults", "usaul", "unknown faults 'usaul': did you mean 'usual'?"),
        ("scenario", (), "knobs", ["core"], "knobs.0: 'core': Input should be 'variant', 'replicas',"),
        ("scenario", (), "limits", None, "limits: None: Input should be a mapping of fields"),
        ("scenario", (), "interval_s", True, "interval_s: True: Input should be a valid number"),
        ("scenario", (), "interval_s", 10**400, "interval_s: 100000"),
        ("scenario", (), "unheard_of", 1, "unheard_of: 1: Extra inputs are not permitted, choose from pipeline, "),
        ("profile", FIRST, "p99_s", None, "stages.0.variants.0: p99_s is missing: give both of them"),
        ("profile", FIRST, "average_s", {2: 0.1}, "stages.0.variants.0: average_s lacks batch 1"),
        ("profile", FIRST, "average_s", {1: -0.1}, "variants.0.average_s.1: -0.1: Input should be greater than 0"),
        ("profile", ("stages", 0), "after", ["later"], "stage only comes after 'later', which is not an earlier stage"),
    ],
)  # fmt: skip
def test_what_is_said(what: str, place: Place, name: str, value: object, said: str, tmp_path: Path) -> None:
    assert said in message(what, changed(what, place, name, value), tmp_path)


def test_a_number_too_long_to_be_written_out(tmp_path: Path) -> None:
    text = changed("scenario", (), "max_batch", 0).replace("max_batch: 0", f"max_batch: 0x{10**5000:x}")
    assert "max_batch: a huge int" in message("scenario", text, tmp_path)
