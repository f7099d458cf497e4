"""A small PKI of PEM files for tests, made by OpenSSL."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ladewerk.ocpp import ClientTls, ServerTls

HERE = "DNS:localhost,IP:127.0.0.1"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Pki:
    folder: Path

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def ca(self, name: str) -> None:
        subject = ("-subj", f"/O=Tests/CN={name}", "-days", "30")
        self.openssl("req", "-x509", *_NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.pem", *subject)

    def issue(self, name: str, subject: str, *, by: str, days: int = 30, names: str = "") -> None:
        extension = self.folder / f"{name}.ext"
        extension.write_text(f"subjectAltName={names}\n" if names else "basicConstraints=CA:FALSE\n", encoding="ascii")
        self.openssl("req", *_NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        issuer = ("-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial", "-days", str(days))
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", f"{name}.ext", *issuer)

    def pem(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def server(self, name: str = "csms", **options: Any) -> ServerTls:
        return ServerTls(certificate=self.pem(name), key=self.key(name), **options)

    def client(self, name: str | None = None, ca: str = "ca") -> ClientTls:
        if name is None:
            return ClientTls(ca=self.pem(ca))
        return ClientTls(ca=self.pem(ca), certificate=self.pem(name), key=self.key(name))


def new_pki(folder: Path) -> Pki:
    """With nothing in it yet."""
    assert shutil.which("openssl"), "these tests need the command `openssl` (on Debian: apt install openssl)"
    return Pki(folder)
