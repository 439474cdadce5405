"""What is shown of an environment: pixels against the figures they stand for."""

import copy
import pickle
from dataclasses import replace
from itertools import combinations
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ipagym.envs import ServingEnv, ServingVectorEnv, make_scenario
from ipagym.envs.rendering import sheet, view
from ipagym.envs.rendering.episode import EpisodeSoFar, episode_of
from ipagym.envs.rendering.layout import Box, lay_out
from ipagym.envs.rendering.picture import Picture, picked
from ipagym.envs.rendering.scales import linear, logarithmic, root, round_up
from ipagym.model.configuration import Configuration
from ipagym.model.pipeline import Stage
from ipagym.system.errors import InputError
from tests.tiny import scenario, setting, variant

RATES = (20.0, 5.0, 40.0, 0.0, 10.0, 20.0, 30.0, 10.0)
UNIFORM = replace(scenario((1.0,) * 2).physics, arrivals="uniform")
WATCHED = scenario(RATES, setting(), setting(), physics=UNIFORM)


@pytest.fixture(autouse=True)
def _without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(view, "FPS", 1e6)


def played(render_mode: str, steps: int, chosen: Any = WATCHED) -> Any:
    env = ServingEnv(chosen, render_mode=render_mode)
    env.reset(seed=0)
    for _ in range(steps):
        env.step(np.zeros(len(env.codec.sizes), dtype=np.int64))
    return env


def cut(frame: Any, box: Box) -> Any:
    return frame[box.top : box.bottom, box.left : box.right].astype(int)


def heights(frame: Any, name: str, chosen: Any = WATCHED) -> Any:
    """Pixels of each column of a panel that differ from those of an empty one."""
    layout = lay_out(chosen)
    box = next(box for panel, box in layout.panels if panel.name == name)
    return (cut(frame, box) != cut(layout.sheet.pixels(), box)).any(axis=2).sum(axis=0)


def test_the_load_of_a_window_is_drawn_over_its_own_span() -> None:
    drawn = heights(played("rgb_array", 5).render(), "load")
    scale = next(panel.scale for panel, _ in lay_out(WATCHED).panels if panel.name == "load")
    width, height = len(drawn), 80
    for second, rate_rps in enumerate(RATES[:6]):
        span = drawn[round(width * second / 8) : round(width * (second + 1) / 8)]
        assert span.min() == span.max()
        assert abs(span[0] - height * rate_rps / scale.high) <= 1
    assert not drawn[round(width * 6 / 8) :].any()


def test_the_first_frame_shows_the_first_window() -> None:
    drawn = heights(played("rgb_array", 0).render(), "load")
    assert drawn[: len(drawn) // 8].all()


def test_axes_stand_still_pixel_for_pixel() -> None:
    env = played("rgb_array", 0)
    frames = [env.render()]
    for action in ([1, 3, 3, 1, 3, 3], [0, 0, 0, 1, 1, 1], [1, 2, 1, 0, 0, 0]):
        env.step(np.array(action))
        frames.append(env.render())
    moving = np.zeros(frames[0].shape[:2], dtype=np.bool_)
    moving[:26] = True  # the clock
    for box in Picture(WATCHED).boxes.values():
        moving[box.top - 16 : box.bottom, box.left : box.right + 12] = True  # the title and the area
    for frame in frames[1:]:
        assert (frame[~moving] == frames[0][~moving]).all()
        assert (frame[moving] != frames[0][moving]).any()
    assert (frames[0][~moving] != 255).any()


def test_cores_are_drawn_in_the_colours_of_their_variants() -> None:
    env = played("rgb_array", 0)
    env.step(np.array([1, 3, 0, 0, 0, 0]))
    frame, boxes = env.render(), Picture(WATCHED).boxes
    panels = {panel.name: panel for panel, _ in lay_out(WATCHED).panels}
    areas = {name: cut(frame, boxes[name]) for name in ("stage0.variants", "stage1.variants")}
    colours = [tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in panels["stage0.variants"].colours]
    column = round(1.5 / 8 * areas["stage0.variants"].shape[1])
    assert tuple(areas["stage0.variants"][-1, column]) == colours[1]
    assert tuple(areas["stage1.variants"][-1, column]) == colours[0]
    full = (areas["stage0.variants"][:, column] == colours[1]).all(axis=1).sum()
    assert full == 80  # four replicas of the widest variant are the most that may be asked for


def test_what_is_beyond_the_scale_is_marked_at_the_top() -> None:
    env = played("rgb_array", 1, scenario((5.0,) * 8, setting(), physics=UNIFORM))
    episode = episode_of(env.history[1], env.scenario)
    high = EpisodeSoFar(episode.windows.copy(), *episode[1:])
    high.windows["arrivals"] = 10_000
    picture = Picture(env.scenario)
    box = picture.boxes["load"]
    column = (box.left + round(1.5 / 8 * (box.right - box.left)), box.top)
    usual, marked = picture.draw(episode), picture.draw(high)
    assert usual[column[1], column[0]].tolist() == lay_out(env.scenario).sheet.pixels()[column[1], column[0]].tolist()
    assert marked[column[1], column[0]].tolist() == [51, 51, 51]
    assert marked[box.bottom - 1, column[0]].tolist() == usual[box.bottom - 1, column[0]].tolist()


def test_of_windows_that_share_a_pixel_the_highest_is_shown() -> None:
    edges = np.array([0.0, 0.2, 0.4, 1.1, 3.0, 3.2])
    columns, windows = picked(edges, np.array([1.0, 9.0, 2.0, 4.0, np.nan]))
    assert columns.tolist() == [0, 1, 2, 3]
    assert windows.tolist() == [1, 3, 3, 4]
    assert [found.tolist() for found in picked(np.array([2.0, 2.1]), np.array([3.0]))] == [[2], [0]]


def test_scales_keep_their_ends_and_their_order() -> None:
    for scale in (linear(50, 10), root(40, 1.25), logarithmic(1000)):
        values = np.linspace(scale.low, scale.high, 50)
        places = scale.place(values)
        assert places[0] == 0
        assert places[-1] == 1
        assert (np.diff(places) > 0).all()
        assert scale.place(2 * scale.high) == 1
        assert scale.is_beyond(np.array([scale.high, 2 * scale.high])).tolist() == [False, True]
    assert [round_up(value) for value in (0.0, 36.2, 37.0, 0.0123, 1234.0)] == [1.0, 37.0, 37.0, 0.013, 1300.0]


@pytest.mark.parametrize("name", ["video", "nlp", "audio-sent", "infadapter", "sponge"])
def test_words_on_a_frame_do_not_overlap(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, Any]] = []
    write = sheet.Sheet.write

    def noted(self: sheet.Sheet, place: Any, text: str, *, size: int, anchor: Any = "ls") -> None:
        written.append((text, self._draw.textbbox(place, text, font=sheet._font(size), anchor=anchor)))
        write(self, place, text, size=size, anchor=anchor)

    monkeypatch.setattr(sheet.Sheet, "write", noted)
    env = ServingEnv(make_scenario(name, "constant:5:100"), render_mode="rgb_array")
    env.reset(seed=0)
    height, width, _ = env.render().shape
    assert len(written) > 20
    for _, box in written:
        assert 0 <= box[0] < box[2] <= width
        assert 0 <= box[1] < box[3] <= height
    for (text, one), (other_text, other) in combinations(written, 2):
        is_apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert is_apart, f"{text!r} overlaps {other_text!r}"


def test_names_too_long_are_cut_to_their_room() -> None:
    stages = tuple(
        Stage(
            name=f"stage-{i}-" + "x" * 90, batches=(1, 2), variants=(variant("v" * 200, 0.1), variant("$w$" * 90, 0.2))
        )
        for i in range(14)
    )
    many = replace(WATCHED.pipeline, stages=stages, name="n" * 300)
    chosen = replace(WATCHED, pipeline=many, initial=Configuration((setting(name="v" * 200),) * 14))
    frame = played("rgb_array", 1, chosen).render()
    assert frame.shape[0] < 2000
    assert (frame[:, -5:] == 255).all()


def test_a_list_of_frames_is_made_by_gymnasium() -> None:
    made = gym.make("ipagym/Video-v0", workload="constant:5:100", render_mode="rgb_array_list")
    made.reset(seed=0)
    for _ in range(3):
        made.step(made.action_space.sample())
    frames: Any = made.render()
    assert len(frames) == 4
    assert {frame.shape for frame in frames} == {(422, 960, 3)}
    assert made.render() == []


@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
@pytest.mark.parametrize("again", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env)), ServingEnv.fork])
def test_copies_show_what_the_original_shows(mode: str, again: Any) -> None:
    env = played(mode, 3)
    frame = env.render()
    twin = again(env)
    assert np.array_equal(twin.render(), frame)
    twin.step(np.zeros(6, dtype=np.int64))
    assert not np.array_equal(twin.render(), frame)
    assert np.array_equal(env.render(), frame)


def test_a_new_episode_begins_with_an_empty_frame() -> None:
    env = played("rgb_array", 0)
    first = env.render()
    env.step(np.zeros(6, dtype=np.int64))
    env.render()
    env.reset(seed=0)
    assert np.array_equal(env.render(), first)


def test_a_person_without_a_display_reads_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    env = played("human", 2)
    text = played("ansi", 2).render()
    assert env.render() is None
    assert env.fork().render_mode is None
    env.close()
    env.close()
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line]
    assert shown == text.splitlines()


def test_a_person_with_a_display_sees_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FigureCanvasAgg, "required_interactive_framework", "pretended")
    monkeypatch.setattr(Figure, "show", lambda figure, warn: None)
    before = set(pyplot.get_fignums())
    env = played("human", 2)
    (number,) = set(pyplot.get_fignums()) - before
    figure = pyplot.figure(number)
    canvas: Any = figure.canvas
    canvas.draw()
    assert np.array_equal(np.asarray(canvas.buffer_rgba())[..., :3], played("rgb_array", 2).render())
    pyplot.close(figure)
    env.step(np.zeros(6, dtype=np.int64))  # a window that is closed stays closed
    assert set(pyplot.get_fignums()) == before
    env.close()
    env.reset(seed=0)
    env.close()
    assert set(pyplot.get_fignums()) == before


@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
@pytest.mark.parametrize("autoreset", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_chosen_environments_among_many_show_what_single_ones_show(mode: str, autoreset: AutoresetMode) -> None:
    many = ServingVectorEnv(WATCHED, 4, autoreset=autoreset, render_mode=mode, rendered=(3, 0))
    singles = [ServingEnv(WATCHED, render_mode=mode) for _ in range(2)]
    many.action_space.seed(0)
    many.reset(seed=10)
    for env, seed in zip(singles, (13, 10), strict=True):
        env.reset(seed=seed)
    for _ in range(10):
        actions = many.action_space.sample()
        *_, truncated, _ = many.step(actions)
        for env, k in zip(singles, (3, 0), strict=True):
            if len(env.history) == WATCHED.windows:
                env.reset()
                continue
            env.step(actions[k])
            if truncated[k] and autoreset is AutoresetMode.SAME_STEP:
                env.reset()
        shown = many.render()
        assert shown is not None
        for frame, env in zip(shown, singles, strict=True):
            assert np.array_equal(frame, env.render())
    twin = pickle.loads(pickle.dumps(many))
    assert all(map(np.array_equal, twin.render(), many.render() or ()))


def test_many_environments_are_made_by_name_with_frames() -> None:
    made = gym.make_vec("ipagym/Video-v0", num_envs=3, vectorization_mode="vector_entry_point",
                        workload="constant:5:100", render_mode="rgb_array", rendered=(1, 2))  # fmt: skip
    made.reset(seed=0)
    frames: Any = made.render()
    assert [frame.shape for frame in frames] == [(422, 960, 3)] * 2
    every = ServingVectorEnv(WATCHED, 3, render_mode="ansi")
    every.reset(seed=0)
    assert len(every.render() or ()) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"render_mode": "human"}, "render_mode must be one of"),
        ({"render_mode": "ansi", "rendered": (0, 2)}, r"one or more distinct numbers in 0..1"),
        ({"render_mode": "ansi", "rendered": (1, 1)}, "distinct numbers"),
        ({"render_mode": "ansi", "rendered": ()}, "one or more"),
        ({"render_mode": "ansi", "rendered": 1}, "rendered must be"),
    ],
)
def test_misuse_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ServingVectorEnv(WATCHED, 2, **settings)
    with pytest.raises(InputError, match="call reset"):
        ServingVectorEnv(WATCHED, 2, render_mode="ansi").render()
