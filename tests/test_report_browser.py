"""The report in a real browser: it sorts, filters, hovers, can be worked by keyboard, and asks for nothing."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.result_folders import write_results

pytest.importorskip("plotly", reason="the report needs plotly")
sync_api = pytest.importorskip("playwright.sync_api", reason="a browser is driven by playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="faults are looked for by axe")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

AGENTS = ("ipa", "static:best", "clairvoyant", "<b>own</b>")
FIGURES = ("tradeoff", "timeline", "latency", "profiles", "differences")
ONLY_FAULTS = {"resultTypes": ["violations"], "preload": False}
PATIENCE_S = 30.0
DRAWN = "[...document.querySelectorAll('.chart')].filter((each) => each.data?.length).length"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ipagym.bench.report.folders import read_tasks
    from ipagym.bench.report.page import page

    folder = tmp_path_factory.mktemp("results")
    write_results(folder / "first", AGENTS)
    write_results(folder / "second", AGENTS[:3])
    written = folder / "report.html"
    written.write_text(page("results", read_tasks(folder)), encoding="utf-8")
    return written


class Opened:
    """The page, and what it complained of and asked for."""

    def __init__(self, browser: Any, report: Path, **options: Any) -> None:
        self.page = browser.new_page(**options)
        self.messages: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(report.as_uri())
        self.page.wait_for_selector("#table.dataTable")

    def show(self, *figures: str) -> None:
        for name in figures:
            chart = f"#{name}-chart"
            self.page.eval_on_selector(chart, "(chart) => chart.scrollIntoView({block: 'center'})")
            self.until(f"document.querySelector('{chart}').data?.length")

    def until(self, expression: str) -> None:
        """Playwright's own waiting evaluates texts in the page, which the page's policy forbids."""
        latest = monotonic() + PATIENCE_S
        while not self.page.evaluate(f"Boolean({expression})"):
            assert monotonic() < latest, f"not so after {PATIENCE_S} s: {expression}"
            self.page.wait_for_timeout(20)

    def column(self, number: int) -> list[str]:
        return list(self.page.locator(f"#table tbody tr td:nth-child({number})").all_inner_texts())


@pytest.fixture(scope="module")
def opened(browser: Any, report: Path) -> Opened:
    return Opened(browser, report, viewport={"width": 1400, "height": 900}, color_scheme="light")


def test_every_figure_is_drawn_and_nothing_is_complained_of(opened: Opened) -> None:
    opened.show(*FIGURES)
    assert opened.page.evaluate(DRAWN) == len(FIGURES)
    outside = [url for url in opened.requests if not url.startswith(("data:", "blob:"))]
    assert opened.messages == []
    assert [url.rpartition("/")[2] for url in outside] == ["report.html"]


def test_the_table_sorts(opened: Opened) -> None:
    heading = opened.page.get_by_role("columnheader", name=re.compile("^cores"))
    for direction in (1, -1):
        heading.locator(".dt-column-order").click()
        cores = [float(text.partition(" ")[0]) for text in opened.column(5)]
        assert len(cores) == 7
        assert cores[::direction] == sorted(cores)


def test_the_table_is_filtered_by_text_and_by_number(opened: Opened) -> None:
    field = opened.page.get_by_label("Filter")
    field.fill("static")
    assert set(opened.column(2)) == {"static:best"}
    field.fill("")
    button = opened.page.locator("#table thead th").nth(4).locator("button.dtcc-button")
    button.click()
    box = opened.page.locator(".dtcc-dropdown input").first
    box.fill("5")
    opened.page.locator(".dtcc-dropdown select").first.select_option("less")
    opened.until("document.querySelectorAll('#table tbody tr').length < 7")
    assert all(float(text.partition(" ")[0]) < 5 for text in opened.column(5))
    box.fill("")
    opened.page.keyboard.press("Escape")
    opened.until("document.querySelectorAll('#table tbody tr').length == 7")


def test_a_point_says_what_it_is_under_the_mouse(opened: Opened) -> None:
    opened.show("tradeoff")
    opened.page.locator("#tradeoff-chart .scatterlayer .point").first.hover(force=True)
    text = opened.page.locator("#tradeoff-chart .hoverlayer .hovertext").first.text_content()
    assert "cores" in text
    assert "PAS" in text


def test_a_figure_is_read_by_keyboard(opened: Opened) -> None:
    opened.show("latency")
    opened.page.locator("#latency-chart").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        opened.page.keyboard.press(key)
    assert "static:best" in opened.page.locator("#latency-chart + .reading").inner_text()


def test_the_differences_are_those_against_the_chosen_reference(opened: Opened) -> None:
    opened.show("differences")
    read = "document.querySelector('#differences-chart').data.flatMap((trace) => trace.y)"
    assert "static:best" not in opened.page.evaluate(read)
    opened.page.get_by_label("Reference").select_option(label="ipa")
    opened.until(f"!{read}.includes('ipa')")
    assert "&lt;b&gt;own&lt;/b&gt;" in opened.page.evaluate(read)


def test_the_task_changes_all_figures(opened: Opened) -> None:
    names = "document.querySelector('#timeline-chart').data.map((trace) => trace.name)"
    opened.show("timeline")
    opened.page.locator("#task").select_option(label="second")
    opened.until(f"!{names}.includes('&lt;b&gt;own&lt;/b&gt;')")
    opened.page.locator("#task").select_option(label="first")
    opened.until(f"{names}.includes('&lt;b&gt;own&lt;/b&gt;')")


def test_the_link_of_an_agent_opens_its_section(opened: Opened) -> None:
    opened.page.locator("#table").get_by_role("link", name="<b>own</b>").first.click()
    opened.until("document.querySelector('#agent-3 .chart').data?.length")
    kinds = opened.page.evaluate("document.querySelector('#agent-3 .chart').data.map((trace) => trace.type)")
    assert "bar" in kinds
    assert opened.messages == []


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_axe_finds_no_serious_fault_and_nothing_sticks_out(opened: Opened, width: int, scheme: str) -> None:
    opened.page.emulate_media(color_scheme=scheme)
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.until(f"document.documentElement.dataset.theme == '{scheme}'")
    opened.until(f"document.documentElement.scrollWidth <= {width}")  # figures follow a moment later
    found = axe.Axe().run(opened.page, options=ONLY_FAULTS).response["violations"]
    faults = [
        f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in ("serious", "critical")
    ]
    assert faults == []


def test_the_switch_changes_the_theme_of_page_and_figures(opened: Opened) -> None:
    opened.show("latency")
    ground = "document.querySelector('#latency-chart').layout.paper_bgcolor"
    before, was = opened.page.evaluate(ground), opened.page.evaluate("document.documentElement.dataset.theme")
    opened.page.get_by_role("button", name="Dark theme").click()
    opened.until(f"{ground} !== '{before}'")
    assert {was, opened.page.evaluate("document.documentElement.dataset.theme")} == {"dark", "light"}
