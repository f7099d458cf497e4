"""What a station writes into its fields, before a real browser: shown as text in every view, and no formula in a file."""

import csv
import io
import json
from itertools import count

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.browser.conftest import Browser, Place, browser, chromium, place  # noqa: F401  # fixtures
from tests.hostile.test_station_text import messages

pytestmark = pytest.mark.browser

SCRIPTS = ("<svg onload=owned=1>", '"><script>owned=1</script>', "'-owned=1-'javascript:owned=1")
VIEWS = (
    *("home", "stations", "stations/ROGUE-1", "stations/ROGUE-1/messages", "stations/ROGUE-1/variables"),
    *("stations/ROGUE-1/profiles", "transactions", "plans", "tokens", "settings"),
)
SHOWN = ("stations", "stations/ROGUE-1", "stations/ROGUE-1/messages", "stations/ROGUE-1/variables", "transactions")
FORMULAS = (
    *("=1+1", "+1", "-1+cmd|' /C calc'!A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://e","a")', ' =1"'),
    *("＝1+1", "＋1", "－1", "＠SUM(A1)"),
)


def test_no_script_of_a_station_runs_and_no_formula_leaves(place: Place, browser: Browser) -> None:  # noqa: F811
    place.start_csms(accept_unknown=False)
    httpx.post(f"{place.csms.web_url}/api/stations", json={"id": "ROGUE-1"}).raise_for_status()
    url = f"ws://127.0.0.1:{place.csms.ocpp_port}/ROGUE-1"
    with connect(url, subprotocols=[Subprotocol("ocpp2.1")], proxy=None) as station:
        ids = count(1)
        for said in SCRIPTS:
            for action, payload in messages(said):
                message_id = f"{next(ids)}{said}"[:36]
                station.send(json.dumps([2, message_id, action, payload]))
                answer = json.loads(station.recv())
                while answer[0] == 2:
                    station.send(json.dumps([4, answer[1], "NotSupported", said, {said: said}]))
                    answer = json.loads(station.recv())
        for view in VIEWS:
            browser.open(f"{place.csms.web_url}/#/{view}")
            browser.find(".view-link[aria-current]")
            if view in SHOWN:
                browser.until(
                    lambda: any(said in browser.driver.execute_script("return document.body.innerText") for said in SCRIPTS),
                    f"what the station says, in {view}",
                )
            assert browser.driver.execute_script("return typeof owned") == "undefined", view
            assert (
                browser.driver.execute_script("return document.querySelectorAll('main script, main [onload]').length") == 0
            )
    text = browser.evaluate("../kit/csv.js", "return it.csvText(['said'], arguments[1].map((one) => [one]))", list(FORMULAS))
    rows = [row[0] for row in csv.reader(io.StringIO(text, newline=""))]
    assert rows == ["said", *(one if one.startswith(" ") else f"'{one}" for one in FORMULAS)]
    # Nothing but complaints of the browser would say that a script was kept from running: the fixture looks for them.
