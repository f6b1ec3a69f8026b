"""A node over HTTP with the standard library alone, and members' keys for JOSE."""

import base64
import json
import time
import urllib.error
import urllib.request
import uuid
import warnings

from joserfc import jws, jwt
from joserfc.jwk import OKPKey

# The name that every JOSE library knows; "Ed25519" (RFC 9864) is tried as well.
warnings.filterwarnings("ignore", message="EdDSA is deprecated")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64(data) != text:
        raise ValueError("this base64url has another spelling")
    return data


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.type = (headers.get("content-type") or "").split(";")[0]

    @property
    def json(self):
        return json.loads(self.body)


class Node:
    def __init__(self, url):
        self.url = url

    def request(self, path, body=None, headers=None):
        request = urllib.request.Request(self.url + "/v1/" + path, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path, token=None):
        return self.request(path, headers={"authorization": f"Bearer {token}"} if token else None)

    def json(self, path):
        answer = self.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {answer.body[:200]}")
        return answer.json

    def submit(self, text, wait="executed", type="application/jose"):
        query = f"?wait={wait}&timeout=10" if wait else ""
        return self.request("documents" + query, text.encode(), {"content-type": type})

    def status(self, document):
        return self.get(f"documents/{document}")

    def attested(self, document):
        return self.get(f"documents/{document}?wait=attested&timeout=10")


def until(seconds, attempt):
    """The first answer of `attempt` that counts as true, or the last one when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        answer = attempt()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


class Network:
    """What a client must know to write for this network, and its time."""

    def __init__(self, node):
        facts = node.json("network")
        self.name = facts["network"]
        self.validity = facts["documentValiditySeconds"]
        self.rate, self.origin = facts["clock"]["rate"], facts["clock"]["origin"]

    @property
    def now(self):
        wall = time.time()
        return int(wall if self.rate <= 1 or wall < self.origin else self.origin + (wall - self.origin) * self.rate)


class Member:
    """A member's signing key, read from its key file."""

    def __init__(self, home, kid):
        file = json.loads((home / "keys" / f"{kid}.json").read_text())
        self.kid, self.id = kid, kid.split("/")[0]
        self.key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": file["publicKey"], "d": file["seed"]})

    def sign(self, payload, alg="EdDSA"):
        header = {"alg": alg, "kid": self.kid, "typ": "lianrong+jws"}
        data = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        return jws.serialize_compact(header, data, self.key, algorithms=[alg])

    def payload(self, network, type, terms, **more):
        now = network.now
        return {
            "type": type,
            "network": network.name,
            "issuer": self.id,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + network.validity,
            "terms": terms,
            **more,
        }

    def token(self, network, **other):
        """A read token: two minutes of real time, in the network's time."""
        now = network.now
        header = {"alg": "EdDSA", "kid": self.kid, "typ": "lianrong-read+jwt"}
        claims = {"iss": self.id, "aud": network.name, "iat": now, "exp": now + 120 * network.rate, **other}
        return jwt.encode(header, claims, self.key, algorithms=["EdDSA"])


def order(number, supplier="jinling-parts", **more):
    line = {"line": "1", "quantity": "2", "unit": "EA", "amount": "10.00"}
    return {
        "number": number,
        "supplier": supplier,
        "currency": "CNY",
        "date": "2026-12-01",
        "lines": [line],
        "carriers": [],
        **more,
    }
