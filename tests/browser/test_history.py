"""Back and forward: every page is the one that the address names, and shows what the address says."""

import pytest

from idcore.learn.texts import steps
from tests.browser.conftest import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(faked):
    return faked


LEARN = "2. " + steps()[1].title
HERE = "explore?data=digits&n=80&network=mlp&width=16&depth=2&regime=untrained&axis=log"
VISITS = (  # link on top, a choice of the page, what is chosen there
    ("Data", "bring", "representations"),
    ("Learn", "step", "2"),  # it has a heading of its own
    ("Paper", "scale", "log"),
    ("Train", "labels", "shuffled"),
    ("Compare", "x", "depth"),
)
STANDS = """([url, heading, key, option]) => {
  const title = document.querySelector("h1"), chosen = document.querySelector(`.st-key-${key} [aria-checked=true]`);
  return location.href === url && title?.innerText === heading && chosen?.innerText === option;
}"""


@pytest.fixture
def visited(visit):
    """A page whose history is (address, heading, choice, option) of each step."""
    page = visit(HERE, beside=True)  # in a tab of its own, which has no history yet
    steps = [_step(page, "axis", "log")]
    for link, key, option in VISITS:
        page.get_by_role("link", name=link, exact=True).click()
        choice = page.locator(f".st-key-{key}")
        if link == "Train":  # its choice is a step of its own, and N stays as it was
            page.wait_for_function("location.search === '?n=80'")
            steps.append(_step(page, key, "true"))
        choice.get_by_role("radio", name=option, exact=True).click()
        page.wait_for_function("choice => location.search.includes(choice)", arg=f"{key}={option}")
        if link == "Learn":
            page.get_by_role("heading", name=LEARN).wait_for()
        steps.append(_step(page, key, option))
    return page, steps


def test_back_to_the_first_page_forward_to_the_last_and_back_again_show_what_the_address_says(visited):
    page, steps = visited
    last = len(steps) - 1
    assert page.evaluate("history.length") == last + 2  # an empty page comes first
    at = last
    for by in [-1] * last + [1] * last + [-1, -1]:
        at += by
        page.evaluate("by => history.go(by)", by)
        until(page, lambda at=at: page.evaluate(STANDS, list(steps[at])))
        assert page.locator("[data-testid=stException]").count() == 0


def _step(page, key, option):
    page.locator(f".st-key-{key} [aria-checked=true]", has_text=option).wait_for()
    page.locator("h1").wait_for()
    return page.url, page.locator("h1").inner_text(), key, option
