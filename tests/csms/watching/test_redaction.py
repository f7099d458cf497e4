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
        '[2,"1","GetLog",{"log":{"remoteLocation":"ftp://joe:p@hush-hush@files.example/"}}]',
        '[2,"1","GetLog",{"log":{"remoteLocation":"ftp://joe:pass/hush-hush@files.example/x"}}]',
        '[2,"1","GetLog",{"log":{"remoteLocation":"ftp://joe:pass#hush-hush?@files.example/x"}}]',
        '[2,"1","GetLog",{"log":{"remoteLocation":"ftp:\\/\\/joe:hush-hush@files.example\\/x"}}]',
        '[2,"1","GetLog",{"log":{"remoteLocation":"ftp://joe:hush%2Dhush-hush@files.example/x"}}]',
        '[2,"1","GetLog",{"log":{"remoteLocation":"https://a.example/?to=ftp%3A%2F%2Fjoe%3Ahush-hush%40files.example"}}]',
        '[2,"1","UpdateFirmware",{"firmware":{"location":"https://a.example/x?v=1&X-Amz-Signature=hush-hush"}}]',
        '[2,"1","UpdateFirmware",{"firmware":{"location":"x","location":"ftp://joe:hush-hush@files.example/x"}}]',
        '[2,"1","UpdateFirmware",{"firmware":{"location":"ftp://joe:hush-hush@files.example/x","location":"x"}}]',
        '[2,"1","ChangeConfiguration",{"key":"Wifi.Pass Phrase","value":"hush-hush"}]',
        '[2,"1","ChangeConfiguration",{"key":"X_WLAN_PSK","value":"hush-hush"}]',
        '[2,"1","ChangeConfiguration",{"key":"AUTHORIZATIONKEY","value":"hush-hush"}]',
        '[2,"1","NotifyEvent",{"eventData":[{"variable":{"name":"BasicAuthPassword"},"actualValue":"hush-hush"}]}]',
        '[3,"1",{"getVariableResult":[{"attributeValue":"hush-hush","variable":{"name":"VpnKey"}}]}]',
        '[2,"1","SetNetworkProfile",{"connectionData":{"apn":{"simPin":"hush-hush"}}}]',
        '[2,"1","SetNetworkProfile",{"connectionData":{"vpn":{"key":"hush-hush"}}}]',
        '[2,"1","SetNetworkProfile",{"connectionData":{"ocppCsmsUrl":"wss://joe:hush-hush@csms.example"}}]',
        '[2,"1","DataTransfer",{"data":"{\\"wifiPassphrase\\":\\"hush-hush\\"}"}]',
        '[2,"1","DataTransfer",{"data":"{\\"a\\":\\"{\\\\\\"password\\\\\\":\\\\\\"hush-hush\\\\\\"}\\"}"}]',
        '[2,"1","DataTransfer",{"data":"{\\"password\\": \\"hush hush-hush"}]',
        '[2,"1","DataTransfer",{"data":"user=joe password=hush-hush"}]',
        '[2,"1","InstallCertificate",{"certificate":"-----BEGIN EC PRIVATE KEY-----\\nhush-hush\\n-----END…"}]',
        '[2,"1","DataTransfer",{"data":"-----BEGIN PRIVATE KEY-----\\nhush-hush"}]',
        '[2,"1","DataTransfer",{"password":"hush-hush","data":"\\ud800"}]',
        '[4,"1","InternalError","cannot reach ftp://joe:hush-hush@files.example",{"password":"hush-hush"}]',
        '[2,"1","NotifyCustomerInformation",{"data":"hush-hush","seqNo":0,"requestId":1}]',
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
        '[2,"1","GetLog",{"log":{"remoteLocation":"https://files.example:8443/a@b?v=2&page=1#top"}}]',
        '[2,"1","InstallCertificate",{"certificate":"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----"}]',
        '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"300"}]',
        '[2,"1","SetVariables",{"setVariableData":[{"variable":{"name":"MasterPassGroupId"},"attributeValue":"G"}]}]',
        '[2,"1","DataTransfer",{"data":"{\\"key\\": 1}"}]',
        '[3,"1",{"setVariableResult":[{"variable":{"name":"BasicAuthPassword"},"attributeStatus":"Accepted"}]}]',
        "not a frame",
    ],
)
def test_what_is_no_secret_stays(frame: str) -> None:
    assert redacted(frame) == frame


def test_a_number_is_a_secret_too() -> None:
    assert "4711" not in redacted('[2,"1","SetNetworkProfile",{"connectionData":{"apn":{"simPin":4711}}}]')
    assert "4711" not in redacted('[2,"1","ChangeConfiguration",{"key":"WifiPassword","value":4711}]')
