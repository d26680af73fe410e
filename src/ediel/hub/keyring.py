"""Keys and certificates for a stand-in hub and for those who talk to it, kept in a folder as PEM.

``issuer.pem`` (the certificate to trust), ``issuer-key.pem``, ``hub.pem``, and one for each organisation, such as
``922542570.pem`` (and ``.p12``, on demand). ``hub-certificate.pem`` is the hub's certificate without its key, and
``GLN.toml`` a configuration for a party. Nobody but your tests trusts them. They are private all the same: the folder
is open to its owner alone, and so is every file in it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import platformdirs
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from ediel.hub._calls import Keys
from ediel.hub.certificates import Holder, make
from ediel.hub.seed import HubParty
from ediel.transport import Algorithm, Identity, InvalidIdentity, Replays, Trust
from ediel.transport._signer import Refer

__all__ = ["Keyring", "keys_folder"]

PASSWORD: Final = b"ediel"
"""Of the PKCS#12 files: nobody but your tests trusts what is in them."""
_SOON: Final = timedelta(days=7)
_PARTY_TYPES: Final = {"DDQ": "balance supplier", "DDM": "grid owner", "AG": "third party"}
NewKey = Callable[[str], rsa.RSAPrivateKey]


def keys_folder() -> Path:
    r"""Where keys lie that no folder was named for: ``hub-keys`` in the user's data folder of ediel.

    ``~/.local/share/ediel`` (or below ``XDG_DATA_HOME``) on Linux, ``~/Library/Application Support/ediel`` on macOS,
    ``%LOCALAPPDATA%\ediel`` on Windows. Never the working directory: that is often a repository.
    """
    return platformdirs.user_data_path("ediel", appauthor=False) / "hub-keys"


class Keyring:
    """A folder of keys; what is missing, or is about to expire, is made.

    Args:
        folder: where they lie; made when it is not there.
        new_key: gives the key for a name; a new one each time when not given.
    """

    def __init__(self, folder: Path, *, new_key: NewKey | None = None) -> None:
        self.folder = folder
        self._new_key = new_key
        self._held: dict[str, tuple[int, Holder]] = {}  # by file, with the time of the file: a key takes long to read
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.issuer = self._holder("issuer-key.pem", "Issuer of the stand-in hub", ca=True)
        self._publish("issuer.pem", self.issuer)

    @property
    def trust(self) -> Trust:
        """Trust in whatever the keyring has issued."""
        return self.issuer.trust

    def identity(self, organisation: str) -> Identity:
        """The identity of an organisation, by its number."""
        return self._organisation(organisation).identity

    def path(self, organisation: str) -> Path:
        """The file with key and certificate of an organisation."""
        self._organisation(organisation)
        return self.folder / f"{organisation}.pem"

    def packed(self, organisation: str) -> Path:
        """The same as PKCS#12, for stacks that read nothing else; the password is ``ediel``."""
        holder, path = self._organisation(organisation), self.folder / f"{organisation}.p12"
        made_of = self.folder / f"{organisation}.pem"
        if not path.is_file() or path.stat().st_mtime_ns < made_of.stat().st_mtime_ns:
            how = serialization.BestAvailableEncryption(PASSWORD)
            issuers = [self.issuer.certificate]
            _write(path, serialize_key_and_certificates(b"ediel", holder.key, holder.certificate, issuers, how))
        return path

    def tls(self, *hosts: str) -> Path:
        """A file with key and certificate for a server of these names; made anew each time, by the same issuer."""
        now, path = datetime.now(UTC), self.folder / "tls.pem"
        key = None if self._new_key is None else self._new_key("tls.pem")
        names = tuple(dict.fromkeys(("localhost", "127.0.0.1", "::1", *hosts)))
        _write(path, make("Stand-in hub, TLS", now, self.issuer, hosts=names, usage="digital_signature", key=key).pem())
        return path

    def configuration(self, party: HubParty, address: str, hub: str, *, tls: bool = False) -> Path | None:
        """A configuration with which a party talks to the hub: ``ediel run --config FILE``; none without a number.

        Args:
            party: the party.
            address: where the services of the hub are.
            hub: GLN of the hub.
            tls: whether they are behind TLS.
        """
        if party.organisation is None:
            return None
        own, path = self.path(party.organisation), self.folder / f"{party.gln}.toml"
        roles = ", ".join(f'"{party.gln}:{role.value}"' for role in sorted(party.roles or (), key=str))
        text = (
            f'[database]\nurl = "sqlite:///{party.gln}.db"\nparties = [{roles}]\n\n'
            f'[hub]\nenvironment = "local"\naddress = "{address}"\ngln = "{hub}"\ncertificate = "hub-certificate.pem"\n'
            f'{"ca = " + chr(34) + "issuer.pem" + chr(34) + chr(10) if tls else ""}proxy = "direct"\n\n'
            f'[certificate]\nfile = "{own.name}"\n\n[trust]\nissuers = "issuer.pem"\n{_rest_part(party, address)}'
        )
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            _write(path, text.encode())
        return path

    def _publish(self, file: str, holder: Holder) -> None:
        """A certificate without its key."""
        path, public = self.folder / file, holder.certificate.public_bytes(serialization.Encoding.PEM)
        if not path.is_file() or path.read_bytes() != public:
            _write(path, public)

    def _organisation(self, number: str) -> Holder:
        return self._holder(f"{number}.pem", f"Organisation {number}", organisation=number)

    def keys(
        self, *, algorithm: Algorithm = Algorithm.RSA_SHA1, remembers: bool = False, refer: Refer = "token"
    ) -> Keys:
        """Who the hub is.

        Args:
            algorithm: how it signs.
            refer: whether its answers hold its certificate, or how they name it.
            remembers: keep in the folder which requests have come, so that none is taken again after a restart. For
                one process at a time.
        """
        own = self._holder("hub.pem", "Stand-in hub")
        self._publish("hub-certificate.pem", own)
        now = datetime.now(UTC)
        expired = make("Stand-in hub", now, self.issuer, valid=(timedelta(days=-9), timedelta(days=-1)), key=own.key)
        replays = Replays(self.folder / "replays" if remembers else None)
        return Keys(own.identity, self.trust, expired.identity, algorithm, replays, refer)

    def _holder(self, file: str, name: str, *, ca: bool = False, organisation: str | None = None) -> Holder:
        path = self.folder / file
        now = datetime.now(UTC)
        if path.is_file():
            _close(path)
            written = path.stat().st_mtime_ns
            known = self._held.get(file)
            found = known[1] if known is not None and known[0] == written else _read(path)
            self._held[file] = (written, found)
            if found.certificate.not_valid_after_utc > now + _SOON:
                return found
        issuer = None if ca else self.issuer
        key = None if self._new_key is None else self._new_key(file)
        made = make(name, now, issuer, ca=ca, organisation=organisation, key=key)
        _write(path, made.pem())
        self._held[file] = (path.stat().st_mtime_ns, made)
        return made


def _read(path: Path) -> Holder:
    data = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data[data.index(b"-----BEGIN CERTIFICATE") :])
    except (ValueError, TypeError):
        raise InvalidIdentity(f"{path} cannot be read; remove it, and a new one is made") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InvalidIdentity(f"{path} holds no RSA key; remove it, and a new one is made")
    return Holder(certificate, key)


def _close(path: Path) -> None:
    """A key that came from elsewhere (a copy, a checkout) is for its owner alone from now on."""
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _rest_part(party: HubParty, address: str) -> str:
    """The part for REST APIs; nothing for parties that have none there."""
    roles = {role.value for role in party.roles or ()}
    kind = next((name for role, name in _PARTY_TYPES.items() if role in roles), None)
    if kind is None:
        return ""
    root = address.partition("/WebService/")[0]
    return f'\n[rest]\nclient = "{party.gln}"\ngln = "{party.gln}"\nparty_type = "{kind}"\naddress = "{root}"\n'


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and for nobody else to read."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).replace(path)
