"""Recorded documents, their schemas, headers and proofs, read by libraries that share nothing with the node."""

import copy
import io
import json
import random
import uuid

import cbor2
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from jsonschema import Draft202012Validator

import proof
from demo import ROOT
from node import b64, unb64, until


def payload_of(compact):
    return json.loads(unb64(compact.split(".")[1]))


def compact(demo, document):
    return demo.node.get(f"documents/{document}/jws").body.decode()


# --- JWS


def signatures(report, demo):
    """Every document under the key that its member publishes."""
    keys = {}

    def published(text):
        """The key that the document's member publishes under the name in the header."""
        kid = json.loads(unb64(text.split(".")[0]))["kid"]
        if kid not in keys:
            member = demo.node.json(f"members/{kid.split('/')[0]}")
            keys.update({k["kid"]: OKPKey.import_key(k["jwk"]) for k in member["keys"]})
        return keys[kid]

    def verify(text, key):
        return jws.deserialize_compact(text, key, algorithms=["EdDSA", "Ed25519"])

    def raw(document):
        printed = demo.run("get", "--raw", document)
        served = demo.node.get(f"documents/{document}/jws")
        if printed.returncode or printed.stderr:
            return f"status {printed.returncode}, {printed.stderr!r}"
        if served.type != "application/jose" or served.body.count(b".") != 2:
            return f"served as {served.type}"
        return None if printed.stdout == served.body + b"\n" else "other bytes than those served"

    def under_key(document):
        text = compact(demo, document)
        header, payload = (json.loads(unb64(part)) for part in text.split(".")[:2])
        result = verify(text, published(text))
        if json.loads(result.payload) != payload or payload["issuer"] != header["kid"].split("/")[0]:
            return "another payload or issuer"
        return None if proof.digest("doc", text.rpartition(".")[0].encode()).hex() == document else "the id is another"

    def flipped(document):
        text = compact(demo, document)
        parts = text.split(".")
        for index, part in enumerate(parts):
            data = bytearray(unb64(part))
            bit = random.randrange(len(data) * 8)
            data[bit // 8] ^= 1 << bit % 8
            changed = [*parts[:index], b64(bytes(data)), *parts[index + 1 :]]
            try:
                verify(".".join(changed), published(text))
                return f"bit {bit} of part {index} flipped, and still accepted"
            except (JoseError, ValueError, KeyError):
                pass
        return None

    report.every("get --raw prints one compact JWS, the one that is served, and nothing else", demo.documents, raw)
    report.every("joserfc verifies each document under its member's published key", demo.documents, under_key)
    report.every("joserfc refuses each with one bit of header, payload or signature flipped", demo.documents, flipped)


# --- JSON Schema


def objects_in(value, path=()):
    """The places of all objects in a payload."""
    inside = []
    if isinstance(value, dict):
        yield path
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for key, member in inside:
        yield from objects_in(member, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def alterations(payload, validator):
    """Payloads with one thing wrong each, a member too many, one too few or one of another type, and where."""
    for path in objects_in(payload):
        where = "".join(f"/{key}" for key in path)
        extra = copy.deepcopy(payload)
        at(extra, path)["unheardOf"] = 1
        yield f"{where}/unheardOf", "too many", extra
        for name, member in at(payload, path).items():
            for what, value in others(name, member):
                other = copy.deepcopy(payload)
                at(other, path)[name] = value
                yield f"{where}/{name}", what, other
            if name in required(validator.schema, path):
                without = copy.deepcopy(payload)
                del at(without, path)[name]
                yield f"{where}/{name}", "missing", without


def others(name, member):
    yield "of another type", {} if isinstance(member, list) else [[]]
    yield "null", None
    if name == "date":
        yield "a day that never comes", "2026-02-30"


def required(schema, path):
    for key in path:
        schema = schema["items"] if isinstance(key, int) else schema["properties"][key]
    return schema.get("required", [])


def schemas(report, demo):
    """The published schemas, the served ones, and what jsonschema makes of the recorded documents."""
    types = [s["type"] for s in demo.node.json("schemas")]
    files = {p.name for p in (ROOT / "docs/schemas").glob("*-*.json")}
    validators = {}

    def same(type):
        served = demo.node.get(f"schemas/{type}")
        if served.body != (ROOT / "docs/schemas" / (type.replace("/", "-") + ".json")).read_bytes():
            return "the served schema is not the published one"
        Draft202012Validator.check_schema(served.json)
        checker = Draft202012Validator.FORMAT_CHECKER
        validators[type] = Draft202012Validator(served.json, format_checker=checker)
        return None

    def valid(document):
        payload = payload_of(compact(demo, document))
        return next((e.message for e in validators[payload["type"]].iter_errors(payload)), None)

    altered = []

    def refused(document):
        text = compact(demo, document)
        payload, kid = payload_of(text), json.loads(unb64(text.split(".")[0]))["kid"]
        validator = validators[payload["type"]]
        for pointer, what, changed in alterations(payload, validator):
            altered.append((pointer, what, changed, kid))
            if validator.is_valid(changed):
                return f"{payload['type']} is still valid with {pointer} {what}"
        return None

    report.every("each served schema is the published one and is JSON Schema 2020-12", types, same)
    report.check("there is no published schema but those", {t.replace("/", "-") + ".json" for t in types} == files)
    report.every("jsonschema finds each recorded payload valid", demo.documents, valid)
    report.every("jsonschema refuses each with a member too many, too few or of another type", demo.documents, refused)
    refused_by_the_node(report, demo, altered)
    genesis = json.loads((ROOT / "docs/schemas/genesis.json").read_text())
    faults = list(Draft202012Validator(genesis).iter_errors(json.loads(demo.genesis)))
    report.check("the genesis file is valid under its published schema", not faults, faults[:1])


def refused_by_the_node(report, demo, altered):
    """The node's own reading of the same altered payloads, each signed by its issuer, all in one request."""
    members = {kid: demo.member(kid) for kid in {kid for *_, kid in altered}}

    def signed(pointer, payload, kid):
        # Fresh but for what is altered, so that nothing else is wrong with it.
        now = demo.network.now
        fresh = {"jti": str(uuid.uuid4()), "iat": now, "exp": now + demo.network.validity}
        return members[kid].sign(payload | {n: v for n, v in fresh.items() if pointer != f"/{n}"})

    answer = demo.node.submit("\n".join(signed(p, payload, kid) for p, _, payload, kid in altered), wait=None)
    answers = [json.loads(line) for line in answer.body.splitlines()]

    def fault(pair):
        (pointer, what, payload, _), told = pair
        if pointer not in [v["pointer"] for v in told.get("violations", [])]:
            return f"{payload.get('type')} {pointer} {what}: {json.dumps(told)}"
        return None if what != "missing" or told["name"] == "memberMissing" else f"{pointer} {what}: {told['name']}"

    report.every("the node refuses the same altered payloads, at the same places", list(zip(altered, answers)), fault)
    report.check("and answers each of them", len(answers) == len(altered), len(answers))


# --- CBOR


def headers(report, demo):
    """Headers and certificates as cbor2 reads them."""
    genesis = proof.Genesis(demo.genesis)
    newest = demo.node.json("status")["height"]
    parents = {}

    def header(height):
        shown = demo.node.json(f"headers/{height}")
        data = unb64(shown["cbor"])
        fields = cbor2.loads(data)
        if cbor2.dumps(fields, canonical=True) != data:
            return "cbor2 writes other bytes"
        read = proof.Header(data)
        if read.digest.hex() != shown["digest"]:
            return "the digest shown is another"
        parents[height] = (read.digest, read.parent)
        names = [
            "format",
            "protocolVersion",
            "suite",
            "chain",
            "epoch",
            "height",
            "parent",
            "time",
            "proposer",
            "documentsRoot",
            "evidenceRoot",
            "executed",
            "validators",
            "nextValidators",
        ]
        expected = {n: f.hex() if isinstance(f, bytes) else f for n, f in zip(names, fields)}
        expected["executed"] = dict(
            zip(["height", "stateRoot", "historyRoot"], [f.hex() if isinstance(f, bytes) else f for f in fields[11]])
        )
        return None if shown["header"] == expected else "the members shown are others"

    def certificate(height):
        shown = demo.node.json(f"headers/{height}")
        if shown["finalization"] is None:
            return None
        data = unb64(shown["finalization"]["cbor"])
        certified.append(height)
        if cbor2.dumps(cbor2.loads(data), canonical=True) != data:
            return "cbor2 writes other bytes"
        signers = genesis.require_certified(proof.Header(unb64(shown["cbor"])), data)
        return None if len(signers) >= genesis.validators.quorum else "no quorum"

    certified = []
    heights = range(1, newest + 1)
    report.every("cbor2 reads each header and writes the same bytes; their hash is the digest shown", heights, header)
    report.check("each header names the one before", all(parents[h][1] == parents[h - 1][0] for h in heights[1:]))
    report.every(
        "cbor2 reads each finalization and writes the same bytes; a quorum has signed it", heights, certificate
    )
    report.check("most heights have a finalization of their own", len(certified) > newest // 2, len(certified))
    exported = demo.node.get("export/blocks/1").body
    report.check("the export of blocks is a sequence of the same deterministic CBOR", reencoded(exported) == exported)


def reencoded(data):
    """A CBOR sequence (RFC 8742) of byte strings, each with a block in it: read to the leaves and written again."""
    stream, again = io.BytesIO(data), b""
    while stream.tell() < len(data):
        block = cbor2.loads(cbor2.load(stream))
        again += cbor2.dumps(cbor2.dumps(block, canonical=True), canonical=True)
    return again


# --- Proofs


def proofs(report, demo):
    """Each document's proof, by the second implementation of their checking."""
    genesis = proof.Genesis(demo.genesis)
    outcomes = {s["document"]: s["outcome"]["number"] for s in reversed(demo.steps) if s["document"]}
    members = "document header inBlock outcome inOutcomes leaf inHistory attestation certificate".split()
    fetched = {}

    def fetch(document):
        answer = until(10, lambda: (a := demo.node.get(f"documents/{document}/proof")).status == 200 and a)
        fetched[document] = answer.json
        return answer.json

    def holds(document):
        facts = proof.verify(fetch(document), genesis, document)
        height = demo.node.status(document).json["height"]
        return None if (facts["outcome"], facts["height"]) == (outcomes[document], height) else f"it proves {facts}"

    def flips(document, each=4):
        for name in members:
            data = fetched[document][name].encode() if name == "document" else unb64(fetched[document][name])
            for place in range(len(data)) if each is None else random.sample(range(len(data)), min(each, len(data))):
                changed = bytearray(data)
                changed[place] ^= 1 << random.randrange(7)
                text = changed.decode() if name == "document" else b64(bytes(changed))
                try:
                    proof.verify({**fetched[document], name: text}, genesis, document)
                    return f"byte {place} of {name} is flipped and the proof still holds"
                except proof.Refused:
                    pass
        return None

    report.every("proof.py checks each document's proof under the genesis alone", demo.documents, holds)
    report.every("proof.py refuses each proof with a bit flipped in any of its parts", demo.documents, flips)
    first, second = demo.documents[:2]
    report.every(
        "proof.py refuses one proof with any single byte of it changed", [first], lambda d: flips(d, each=None)
    )

    def refuses(title, changed, under=genesis, document=first):
        try:
            report.check(title, False, proof.verify(changed, under, document))
        except proof.Refused as fault:
            report.check(f"{title}: {fault}", True)

    refuses("proof.py refuses the proof of one document for another", fetched[first], document=second)
    refuses("proof.py refuses a proof under another genesis", fetched[first], proof.Genesis(demo.genesis + b"\n"))
    refuses(
        "proof.py refuses an outcome of another document", {**fetched[first], "outcome": fetched[second]["outcome"]}
    )
    few = cbor2.loads(unb64(fetched[first]["certificate"]))
    lone = few[2] & -few[2]
    few = cbor2.dumps([*few[:2], lone, few[3][:1]], canonical=True)
    refuses("proof.py refuses a certificate of one signer", {**fetched[first], "certificate": b64(few)})
