"""What looks like a secret does not get into the log, and what does not stays readable."""

import io
import json
import logging

import pytest

from ladewerk.log_lines import operators_handler
from ladewerk.log_secrets import without_secrets


@pytest.mark.parametrize(
    "line",
    [
        "> Authorization: Basic aHVzaDpodXNo",
        "headers {'authorization': 'Bearer hush-hush'}",
        "[(b'host', b'x'), (b'authorization', b'Basic hush-hush')]",
        "key lwk_hush-hush is refused",
        "connection to postgresql://ladewerk:hush-hush@db/csms failed",
        "PUT /api/tokens/hush-hush: the database is away",
        '[2,"1","Authorize",{"idToken":{"idToken":"hush-hush","type":"Local"}}]',
        'dropped "{\\"idToken\\":\\"hush-hush\\"}"',
        "IdTokenType(id_token='hush-hush', type='Local')",
        'said {"basicAuthPassword": "hush-hush"}',
        "password=hush-hush host=db",
        "GET ftp://joe:p@hush-hush@files.example/x failed",
        "GET ftp://joe:p/hush-hush@files.example/x failed",
        "GET https://a.example/x?X-Amz-Signature=hush-hush failed",
        'TEXT \'[2,"1","SetVariables",{"setVariableData":[{"attributeValue":"hush-hush","variable":{"name":"VpnKey"}}]}]\'',
        '< TEXT \'[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"hush-hush"}]\'',
        'basicAuthPassword: "two words, hush-hush"',
        "wifiPassphrase=hush-hush",
        "VPN key: vpn_key='hush-hush'",
        "-----BEGIN EC PRIVATE KEY-----\nhush-hush\n-----END EC PRIVATE KEY-----",
    ],
)
def test_a_secret_is_cut_out(line: str) -> None:
    kept = without_secrets(line)
    assert "hush-hush" not in kept
    assert "aHVz" not in kept
    assert "…" in kept


@pytest.mark.parametrize(
    "line",
    [
        "station S-1 from 10.0.0.7 is not let in: wrong or no password",
        "GET http://127.0.0.1:8080/api/tokens?limit=2 is slow",
        "the authorization of the token was refused",
        "TransactionEvent refused: expected object - at `$.idToken`",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert without_secrets(line) == line


def test_json_lines_hold_what_was_logged_and_its_fields_without_secrets() -> None:
    stream = io.StringIO()
    handler = operators_handler(stream, as_json=True)
    log = logging.Logger("ladewerk.csms")
    log.addHandler(handler)
    log.warning("line one\nline two of %s", "S-1", extra={"station": "S-1", "header": "Authorization: Basic hush"})
    try:
        raise ValueError("password=hush")
    except ValueError:
        log.exception("failed")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["level"], first["logger"], first["station"]) == ("warning", "ladewerk.csms", "S-1")
    assert first["message"] == "line one\nline two of S-1"
    assert first["header"] == "Authorization: Basic …"
    assert "ValueError: password=…" in second["exception"]
    assert "hush" not in stream.getvalue()
