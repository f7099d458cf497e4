"""No secret of a frame is kept, whatever carries it, and what is no secret stays as it was, byte for byte."""

import pytest

from ladewerk.csms.watching.redaction import redacted


@pytest.mark.parametrize(
    "frame",
    [
        '[2,"1","SetVariables",{"setVariableData":[{"variable":{"name":"BasicAuthPassword"},"attributeValue":"hush-hush"}]}]',
        '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"hush-hush"}]',
        '[3,"1",{"configurationKey":[{"key":"authorizationkey","readonly":false,"value":"hush-hush"}]}]',
        '[2,"1","NotifyReport",{"reportData":[{"variable":{"name":"VpnPassword"},"variableAttribute":[{"value":"hush-hush"}]}]}]',
        '[2,"1","SetNetworkProfile",{"connectionData":{"basicAuthPassword":"hush-hush","apn":{"apnPassword":"hush-hush"}}}]',
        '[2,"1","SetNetworkProfile",{"connectionData":{"vpn":{"server":"v","user":"u","password":"p","key":"hush-hush"}}}]',
        '[2,"1","UpdateFirmware",{"firmware":{"location":"ftp://joe:hush-hush@files.example/fw.bin"}}]',
        '[2,"1","DataTransfer",{"data":"{\\"sharedSecret\\":\\"hush-hush\\""',
        '[2,"1","SetVariables",{"variable":{"name":"BasicAuth\\u0050assword"},"attributeValue":"hush-hush"}]',
    ],
)
def test_a_secret_is_left_out(frame: str) -> None:
    assert "hush-hush" in frame
    assert "hush-hush" not in redacted(frame)


@pytest.mark.parametrize(
    "frame",
    [
        '[2,"1","TransactionEvent",{"idToken":{"idToken":"04A1","type":"ISO14443"}, "seqNo": 1}]',
        '[2,"1","GetLog",{"log":{"remoteLocation":"https://files.example/a@b"}}]',
        '[3,"1",{"setVariableResult":[{"variable":{"name":"BasicAuthPassword"},"attributeStatus":"Accepted"}]}]',
        "not a frame",
    ],
)
def test_what_is_no_secret_stays(frame: str) -> None:
    assert redacted(frame) == frame
