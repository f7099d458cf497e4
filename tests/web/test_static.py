import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from ladewerk.errors import ConfigError
from ladewerk.web import static
from ladewerk.web.static import page_routes

INDEX = b'<!doctype html><script type="module" src="{assets}/page/app.js"></script>'


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_bytes(INDEX)
    (folder / "app.js").write_text("export const greeting = 'hello';\n")
    (folder / "secret.txt").write_text("not for the web")
    return folder


def client_of(page: Path) -> TestClient[Litestar]:
    return TestClient(Litestar(page_routes(page), openapi_config=None))


def assets_of(client: TestClient[Litestar]) -> str:
    found = re.search(r"/assets/[0-9a-f]{12}", client.get("/").text)
    assert found is not None
    return found[0]


def test_the_index_names_the_versioned_files_and_is_asked_for_each_time(page: Path) -> None:
    with client_of(page) as client:
        index = client.get("/")
        assert index.headers["content-type"] == "text/html; charset=utf-8"
        assert index.headers["cache-control"] == "no-cache"
        module = client.get(f"{assets_of(client)}/page/app.js")
        assert module.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in module.headers["cache-control"]
        assert module.text == "export const greeting = 'hello';\n"


def test_a_file_known_by_its_tag_is_not_sent_again(page: Path) -> None:
    with client_of(page) as client:
        tag = client.get("/").headers["etag"]
        again = client.get("/", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


def test_another_release_has_other_addresses(page: Path) -> None:
    with client_of(page) as client:
        before = assets_of(client)
    (page / "app.js").write_text("export const greeting = 'goodbye';\n")
    with client_of(page) as client:
        assert assets_of(client) != before


def test_a_browser_that_takes_gzip_gets_it_and_another_does_not(page: Path) -> None:
    with client_of(page) as client:
        assert client.get("/", headers={"Accept-Encoding": "gzip, br"}).headers["content-encoding"] == "gzip"
        assert "content-encoding" not in client.get("/", headers={"Accept-Encoding": "identity"}).headers


@pytest.mark.parametrize(
    "path", ["/page/secret.txt", "/page/../../../pyproject.toml", "/page/%2e%2e/static.py", "/kit/none.js"]
)
def test_only_the_files_of_a_page_can_be_had(page: Path, path: str) -> None:
    with client_of(page) as client:
        assert client.get(assets_of(client) + path).status_code == 404


def test_the_kit_and_the_chart_library_are_there(page: Path) -> None:
    with client_of(page) as client:
        for path in ("/kit/icon.svg", "/vendor/uplot/uPlot.esm.js", "/vendor/uplot/uPlot.min.css"):
            assert client.get(assets_of(client) + path).status_code == 200


def test_an_installation_without_the_chart_library_says_so(page: Path, tmp_path: Path) -> None:
    copied = tmp_path / "static.py"
    shutil.copy(str(static.__file__), copied)
    spec = importlib.util.spec_from_file_location("static_without_vendor", copied)
    assert spec is not None
    assert spec.loader is not None
    alone = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = alone  # dataclasses look their module up
    spec.loader.exec_module(alone)
    with pytest.raises(ConfigError, match="install the package again"):
        alone.page_routes(page)
