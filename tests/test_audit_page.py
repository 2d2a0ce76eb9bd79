"""The page in a real browser: keys and buttons decide, what is saved is read back, and no network is asked."""

import os
import shutil

import pytest
from audit_cases import listener, yard

from psl.audit.command import AuditRequest, run
from psl.audit.record import Record
from psl.audit.review import read_reviews

CHROMIUM = os.environ.get("PSL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install Debian's package chromium"),
]


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    root = tmp_path_factory.mktemp("page")
    model, folder = listener(root / "tones"), yard(root / "in")
    run(
        AuditRequest(
            folder, None, model, root / "audit", None, None, None, 1.0, None, queue=12, seed=1, workers=1, device="cpu"
        )
    )
    return root / "audit"


@pytest.fixture
def page(audit):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 480, "height": 900})
        page.problems = []
        page.on("request", lambda request: page.problems.append(request.url))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto((audit / "audit.html").as_uri())
        yield page
        browser.close()


def test_decisions_by_keys_and_buttons_are_saved_as_a_review_file(page, audit, tmp_path):
    page.fill("#by", "Ann, B.")
    page.locator("#by").blur()
    for key in ("j", "y", "j", "n", "j", "u", "u"):  # the second u takes the decision back
        page.keyboard.press(key)
    page.locator(".card").nth(3).get_by_role("button", name="unsure").click()
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "saved.csv")
    found = [(each.row, each.answer, each.by) for each in read_reviews([tmp_path / "saved.csv"], Record.read(audit))]
    assert found == [(1, "yes", "Ann, B."), (2, "no", "Ann, B."), (4, "unsure", "Ann, B.")]
    assert page.inner_text("#progress") == "3 of 12 decided"


def test_decisions_outlive_a_reload_and_the_control_is_counted(page, audit):
    row = next(row.row for row in Record.read(audit).rows if "random" in row.why)
    page.locator(f"#row-{row} [data-answer=yes]").click()
    page.reload()
    assert page.get_attribute(f"#row-{row} [data-answer=yes]", "aria-pressed") == "true"
    assert page.inner_text("#precision") == "Control: 100 % right (95 % interval 21 to 100 %, n = 1)"


def test_one_class_alone_is_shown_and_the_keys_keep_to_it(page, audit):
    rows = Record.read(audit).rows
    page.select_option("#only", "Zip")
    shown = [row.row for row in rows if row.name == "Zip"]
    assert 0 < len(shown) < len(rows) and page.locator(".card:visible").count() == len(shown)
    page.locator("#only").blur()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == f"row-{shown[0]}"


def test_the_page_plays_fits_the_width_and_asks_no_network(page):
    assert page.evaluate("document.documentElement.scrollWidth") == 480
    seconds = page.evaluate(
        "new Promise((done) => { const a = document.querySelector('audio');"
        " a.onloadedmetadata = () => done(a.duration); a.onerror = () => done(-1); a.load(); a.preload = 'auto'; })"
    )
    assert 1.4 < seconds < 2.2
    assert [each for each in page.problems if not each.startswith(("file:", "data:"))] == []
