"""The HTML page in a real browser: sorted, filtered, read in two languages, printed, and attacked."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from tutela.engine.model import Access, ColumnEntry, Severity, TableEntry
from tutela.reports import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tutela.engine.model import Report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (Debian: chromium)")

EVIL = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u202e"
SMUGGLE = """() => {
  window.blocked = [];
  addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
  document.body.append(Object.assign(document.createElement("img"), {src: "http://127.0.0.1:9/x"}));
  document.body.append(Object.assign(document.createElement("script"), {textContent: "document.title = 'owned'"}));
}"""
"""Puts an image and a script into the page, as an attack that got past everything else would."""
WRONG = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const named = (node) => document.getElementById(node.getAttribute("aria-labelledby"));
  const ids = all("[id]").map((node) => node.id);
  return [
    ...all("th:not([scope])"),
    ...all("input, select").filter((node) => !node.labels.length),
    ...all("section:not([hidden])").filter((node) => !named(node)),
    ...all(".scroll:not([tabindex='0'])"),
    ...all("button").filter((node) => !node.textContent.trim()),
  ].map((node) => node.outerHTML).concat(ids.filter((id, i) => ids.indexOf(id) !== i));
}"""
"""Finds what somebody who does not see the page would miss."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        # Containers have no sandbox of their own to give; the page is ours.
        args = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield browser
        browser.close()


@pytest.fixture
def asked() -> list[str]:
    """Everything that went wrong on the page, and every address that it asked for."""
    return []


@pytest.fixture
def page(browser: Browser, asked: list[str]) -> Iterator[Page]:
    """An empty tab."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.on("console", lambda message: asked.append(message.text))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    yield page
    page.close()


def show(page: Page, report: Report, folder: Path, lang: Any = "en") -> str:  # noqa: ANN401 (a language)
    """Open the page of a report; gives its address."""
    stream = StringIO()
    write(report, "html", stream, lang=lang)
    path = folder / "report.html"
    path.write_text(stream.getvalue(), encoding="utf-8")
    page.goto(path.as_uri())
    return path.as_uri()


def cells(page: Page, section: str, column: int) -> list[str]:
    """The texts of one column of a section's table."""
    return page.locator(f"#{section} tbody tr > :nth-child({column})").all_inner_texts()


def test_hostile_data_does_nothing(page: Page, asked: list[str], accepted: Report, tmp_path: Path) -> None:
    """It is shown as text; nothing is asked for, nothing runs, and what is smuggled in may not run either."""
    column = ColumnEntry(EVIL, EVIL, EVIL, sensitive=True, confidence=1, evidence=(EVIL,))
    finding = accepted.findings[1]._replace(rule=EVIL, resource_id=f"{EVIL}.{EVIL}")
    report = replace(accepted, findings=(finding, *accepted.findings), inventory=(TableEntry(EVIL, None, (column,)),))
    address = show(page, report, tmp_path)
    page.locator("#heat tbody a").first.click()
    shown = page.locator("#table").inner_text()
    quiet = list(asked)
    page.evaluate(SMUGGLE)
    page.wait_for_function("blocked.length > 1")

    assert "tutela lint" == page.title()
    assert "<script>document.title='owned'</script>" in shown
    assert "\\u202e" in shown
    assert [address] == quiet
    assert ["img-src", "script-src-elem"] == sorted(page.evaluate("blocked"))


def test_an_audit_is_seen_by_time_person_and_table(
    page: Page, asked: list[str], report: Report, tmp_path: Path
) -> None:
    """A bar and a name each show their findings, in both languages, for those who listen, too."""
    template = report.findings[0]
    days = [3, 3, 5, 40]
    findings = tuple(
        template._replace(
            severity=Severity.CRITICAL if n == 2 else Severity.MEDIUM,
            resource_type="table",
            resource_id=f"crm.t{n % 2}",
            fingerprint=f"{n:032d}",
            access=Access("wang", f"E{n % 2}", datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=day)),
        )
        for n, day in enumerate(days)
    )
    address = show(page, replace(report, command="audit", findings=(*findings, template)), tmp_path)
    bars = page.locator("#timeline g[role=button]")
    assert ["2026-01-04: 2 (2 medium)", "2026-01-06: 1 (1 critical)", "2026-02-10: 1 (1 medium)"] == [
        bars.nth(n).get_attribute("aria-label") for n in range(bars.count())
    ]
    bars.nth(0).click()
    assert 2 == page.locator("#findings tbody tr").count()
    bars.nth(1).press("Enter")
    assert 1 == page.locator("#findings tbody tr").count()
    assert ["2", "2"] == cells(page, "people", 2)
    page.locator("#people button.plain", has_text="E1").click()
    assert 2 == page.locator("#findings tbody tr").count()
    page.locator("#tables button.plain", has_text="crm.t0").click()
    assert {"crm.t0"} == {text.removeprefix("table ") for text in cells(page, "findings", 3)}
    page.locator("#language").click()
    assert "时间分布" == page.locator("#timeline-head").inner_text()
    assert [] == page.evaluate(WRONG)
    assert [address] == asked


def test_a_single_hour_is_a_bar(page: Page, report: Report, tmp_path: Path) -> None:
    """Not a wall over the whole page; an hour is told as one."""
    finding = report.findings[0]._replace(access=Access("wang", "E1", datetime(2026, 1, 1, 9, tzinfo=UTC)))
    show(page, replace(report, command="audit", findings=(finding,)), tmp_path)
    box = page.locator("#timeline g[role=button] rect").bounding_box()

    assert box is not None
    assert box["width"] < 100
    assert (page.locator("#timeline g[role=button]").get_attribute("aria-label") or "").startswith(
        "2026-01-01 09:00: 1"
    )
    assert ["2026-01-01 09:00"] == cells(page, "people", 5)


def test_columns_sort_with_mouse_and_keyboard(page: Page, accepted: Report, tmp_path: Path) -> None:
    """The head says which way; sorted again, it turns around."""
    show(page, accepted, tmp_path)
    head = page.locator("#findings thead th").nth(1)
    head.locator("button").click()
    up = cells(page, "findings", 2)
    first = head.get_attribute("aria-sort")
    head.locator("button").press("Enter")

    assert ("ascending", "descending") == (first, head.get_attribute("aria-sort"))
    assert sorted(up) == up
    assert sorted(up, reverse=True) == cells(page, "findings", 2)
    assert 1 == page.locator("#findings th[aria-sort]").count()


def test_findings_are_filtered(page: Page, accepted: Report, tmp_path: Path) -> None:
    """By text, severity and rule; what does not count stands apart."""
    show(page, accepted, tmp_path)
    page.locator("#findings input").fill("身份证号")
    by_text = cells(page, "findings", 1)
    page.locator("#findings input").fill("")
    page.locator("#findings select").first.select_option("medium")
    by_severity = cells(page, "findings", 2)
    told = page.locator("#findings [role=status]").inner_text()

    assert ["critical"] == by_text
    assert ["ACC-06.bulk-export"] == by_severity
    assert "1 of 1 shown" == told
    assert ["E1007"] == cells(page, "waived", 7)
    assert ["RET-01.kept-too-long"] == cells(page, "known", 2)
    assert 2 == len(cells(page, "gone", 1))


def test_the_heads_of_the_map_are_whole(page: Page, accepted: Report, tmp_path: Path) -> None:
    """Upright Chinese hangs below its line in some fonts; what is hidden there would cut off the last character."""
    show(page, accepted, tmp_path, "zh")
    heads = page.locator("#heat thead")
    assert "证件号码" in page.locator("#heat .turned").all_inner_texts()
    before = heads.screenshot()
    page.evaluate("document.querySelectorAll('.turned span').forEach((span) => { span.style.overflow = 'visible'; })")

    assert before == heads.screenshot()


def test_the_language_can_be_changed(page: Page, asked: list[str], accepted: Report, tmp_path: Path) -> None:
    """Everything changes, and back; a page may open in Chinese."""
    show(page, accepted, tmp_path)
    page.locator("#findings summary").first.click()
    english = page.locator("main").inner_text()
    page.click("#language")
    page.locator("#findings summary").first.click()
    chinese = page.locator("main").inner_text()
    page.click("#language")
    show(page, accepted, tmp_path, "zh")

    assert "sensitive data without a consent form" in english
    assert "敏感信息缺少单独同意" not in english
    assert "敏感信息缺少单独同意" in chinese
    assert "Findings" not in chinese
    assert "zh-CN" == page.locator("html").get_attribute("lang")
    assert 2 == len(asked)


def test_a_table_opens(page: Page, accepted: Report, tmp_path: Path) -> None:
    """From the map by keyboard: its columns with evidence and findings; focus is there; an address leads to it."""
    address = show(page, accepted, tmp_path)
    row = page.locator("#heat tbody tr", has_text="crm.customer")
    hot = row.locator("td.hot1")
    row.locator("a").press("Enter")
    page.wait_for_selector("#table:not([hidden])")
    columns, found = cells(page, "table", 1), cells(page, "table", 7)
    focused = page.evaluate("document.activeElement.id")
    page.goto(f"{address}#table=live.public.order")

    assert ["1 ▲"] == hot.all_inner_texts()
    assert "identity numbers: 1, Sensitive 1" == hot.get_attribute("aria-label")
    assert ["id", "id_no", "mobile"] == columns
    assert ["", "high COL-01.collected-without-purpose (waived)", ""] == found
    assert "table-head" == focused
    assert ["no"] == cells(page, "table", 1)


def test_categories_have_names(page: Page, accepted: Report, tmp_path: Path) -> None:
    """The map and the columns say what a category is called in the reader's language; without a name, its key."""
    address = show(page, accepted, tmp_path, "zh")
    heads = page.locator("#heat .turned").all_inner_texts()
    page.goto(f"{address}#table=crm.customer")
    held = cells(page, "table", 3)
    page.click("#language")
    english = page.locator("#heat .turned").all_inner_texts()

    assert "证件号码" in heads
    assert "identity numbers" in english
    assert "contact" in heads
    assert "证件号码\npersonal.id.national" not in held
    assert any(cell.endswith("personal.contact.phone") for cell in held)


def test_many_tables_are_usable(page: Page, asked: list[str], report: Report, tmp_path: Path) -> None:
    """The page shows some and finds all."""
    column = ColumnEntry("mobile", "text", "personal.contact.phone", sensitive=False, confidence=0.9, evidence=())
    inventory = tuple(TableEntry(f"crm.t{n:04}", None, (column,) * 20) for n in range(2000))
    findings = tuple(
        report.findings[0]._replace(resource_id=f"{t.dataset}.mobile") for t in inventory for _ in range(2)
    )
    show(page, replace(report, findings=findings, inventory=inventory), tmp_path)
    before = page.locator("#heat tbody tr").count()
    page.locator("#heat .more").click()
    after = page.locator("#heat tbody tr").count()
    page.locator("#heat input").fill("t1999")

    assert (100, 200) == (before, after)
    assert ["crm.t1999"] == cells(page, "heat", 1)
    assert "100 of 4000 shown" == page.locator("#findings [role=status]").inner_text()
    assert 1 == len(asked)


@pytest.mark.parametrize("width", [320, 1200])
def test_nothing_sticks_out(page: Page, accepted: Report, tmp_path: Path, width: int) -> None:
    """Wide tables scroll by themselves, the page does not."""
    page.set_viewport_size({"width": width, "height": 700})
    show(page, accepted, tmp_path)
    page.locator("#heat tbody a").first.click()

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_dark_and_paper(page: Page, accepted: Report, tmp_path: Path) -> None:
    """As the system wants it, or as the reader does; on paper it is light and has no controls."""
    page.emulate_media(color_scheme="dark")
    show(page, accepted, tmp_path)
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.click("#theme")
    light = page.evaluate(background)
    page.click("#theme")
    again = page.evaluate(background)
    page.emulate_media(media="print", color_scheme="dark")

    assert "rgb(255, 255, 255)" == light == page.evaluate(background)
    assert light != dark == again
    assert not page.locator("#language").is_visible()
    assert not page.locator("#findings input").is_visible()
    assert page.locator("#findings tbody tr").first.is_visible()


def test_people_who_do_not_see_it(page: Page, accepted: Report, tmp_path: Path) -> None:
    """Heads have a scope, controls a label, sections a name, ids are unique, and every table can be reached by key."""
    show(page, accepted, tmp_path)
    page.locator("#heat tbody a").first.click()

    assert [] == page.evaluate(WRONG)


@pytest.mark.parametrize("name", ["empty", "unchanged", "report"])
def test_reports_of_other_commands(
    page: Page, asked: list[str], tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    """Without an inventory there is no map; without findings the page says so."""
    report: Report = request.getfixturevalue(name)
    show(page, report, tmp_path)

    assert not page.locator("#heat").is_visible()
    assert page.locator("#findings").is_visible()
    assert ("No findings count." in page.locator("#findings").inner_text()) == (not report.counting)
    assert 1 == len(asked)
