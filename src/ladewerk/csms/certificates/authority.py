"""The CA of the CSMS: signs the certificates by which stations show who they are (security profile 3).

Its key lies in a file that nobody else may read, its own certificate beside it in one for everybody. What it signs says only
what the CSMS knows: the name under which it will know the station again, and the organization that the station was told.

Source: OCPP 2.1 part 2, A00.FR.501-511 (keys and certificates), A02 and A03; the security white paper for 1.6.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ladewerk.csms.certificates.issued import NotSigned, Signed
from ladewerk.errors import StoreError
from ladewerk.web.private_file import replace_file

PRIVATE_FILE: Final = "authority.pem"
"""Key and certificate."""

PUBLIC_FILE: Final = "authority-ca.pem"
"""The certificate alone: what ``csms.tls.client_ca`` names."""

_LASTS: Final = timedelta(days=20 * 365)
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_LEAST_RSA_BITS: Final = 2048
_MOST_RSA_BITS: Final = 8192
_LEAST_EC_BITS: Final = 224
_MOST_TEXT: Final = 64


Key = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Authority:
    """A CA that is there."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @property
    def certificate_pem(self) -> str:
        """Its own certificate, for those who are to trust what it signs."""
        return _pem(self._certificate)

    @property
    def not_after(self) -> datetime:
        """Its own end."""
        return self._certificate.not_valid_after_utc

    def sign(self, request_pem: str, *, name: str, now: datetime, lasts: timedelta) -> Signed | NotSigned:
        """A certificate for the station called ``name`` over the key in ``request_pem`` (PKCS #10).

        Whatever name the request has: by ``name`` the station will be known again, and by no other.
        """
        asked = _read(request_pem)
        if isinstance(asked, NotSigned):
            return asked
        key, organization = asked
        not_after = min(now + lasts, self.not_after).replace(microsecond=0)
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if organization is not None:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(attributes))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _CLOCKS_DIFFER)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Signed(
            serial=f"{certificate.serial_number:x}",
            subject=certificate.subject.rfc4514_string(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            chain=_pem(certificate) + self.certificate_pem,
        )


def open_authority(folder: Path, now: datetime) -> Authority:
    """The CA whose files are in ``folder``; made where there is none. Raises StoreError where it cannot be used."""
    private = folder / PRIVATE_FILE
    try:
        if not private.exists():
            _make(folder, now)
        content = private.read_bytes()
        key = serialization.load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content)
    except OSError as err:
        raise StoreError(f"{private}: the CA of the CSMS cannot be kept: {err.strerror}") from err
    except (ValueError, TypeError, UnsupportedAlgorithm) as err:
        raise StoreError(f"{private}: no key with its certificate in PEM, without a password: {err}") from err
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise StoreError(f"{private}: expected an EC key and the certificate that belongs to it")
    return Authority(key, certificate)


def _make(folder: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # A name of its own: a CA that is made anew must not be taken for the one before.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Ladewerk stations {serial & 0xFFFFFF:06x}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after((now + _LASTS).replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    kept = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    replace_file(folder / PRIVATE_FILE, kept + _pem(certificate).encode())
    (folder / PUBLIC_FILE).write_text(_pem(certificate), encoding="ascii")


def _read(request_pem: str) -> tuple[Key, str | None] | NotSigned:
    """The key that a request is about, and the organization in its name; what is wrong with it otherwise."""
    try:
        request = x509.load_pem_x509_csr(request_pem.encode("ascii"))
        key = request.public_key()
        fault = _fault_of_key(key)
        # That whoever asks has the key: looked at last, for it takes longest.
        genuine = fault is None and request.is_signature_valid
        organization = _only(request.subject, NameOID.ORGANIZATION_NAME)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature):
        return NotSigned(reason_code="InvalidCSR", text="no certificate signing request in PEM that can be read")
    if fault is not None:
        return NotSigned(reason_code="WeakKey", text=fault)
    if not genuine or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return NotSigned(reason_code="InvalidCSR", text="its signature is not that of its key")
    return key, organization


def _fault_of_key(key: object) -> str | None:
    """A00.FR.502, A00.FR.503; a key of enormous size would only keep us busy."""
    if isinstance(key, rsa.RSAPublicKey):
        if _LEAST_RSA_BITS <= key.key_size <= _MOST_RSA_BITS:
            return None
        return f"an RSA key has {_LEAST_RSA_BITS} to {_MOST_RSA_BITS} bits, this one {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return None if key.curve.key_size >= _LEAST_EC_BITS else f"a curve has at least {_LEAST_EC_BITS} bits"
    return "the key is neither RSA nor of an elliptic curve"


def _only(subject: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    """The one text of this kind in a name; None where there is none, or more, or one that is none to repeat."""
    found = subject.get_attributes_for_oid(oid)
    if len(found) != 1 or not isinstance(found[0].value, str):
        return None
    text = found[0].value
    return text if 0 < len(text) <= _MOST_TEXT and text.isprintable() else None


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
