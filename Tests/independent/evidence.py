"""Checks evidence of misbehaviour with nothing but the genesis file: a second implementation.

    python evidence.py EVIDENCE.json GENESIS.json

Evidence is two votes of one validator in one view that contradict each other: two notarize votes, two finalize votes,
or a nullify and a finalize vote. Whose key that is, the validators of the epoch say: those of the genesis, and each
later set as q of the set before it have signed.
"""

import json
import sys

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from node import b64, unb64
from proof import FINALIZE, Genesis, Header, Refused, Validators, decode, digest, require, shape

NOTARIZE, NULLIFY = 1, 2
KINDS = {NOTARIZE: "notarize", NULLIFY: "nullify", FINALIZE: "finalize"}


class Vote:
    def __init__(self, data):
        self.epoch, self.signer, self.subject, self.signature = shape(decode(data), int, int, list, bytes)
        require(len(self.subject) == 2 and self.subject[0] in KINDS, "a vote of no known kind")
        self.kind, what = self.subject
        if self.kind == NULLIFY:
            require(type(what) is int, "a view is a number")
            self.view, self.order = what, None
        else:
            self.view, parent_view, payload = shape(what, int, int, "digest")
            require(parent_view < self.view, "a view follows its parent's")
            self.order = (payload, parent_view)


def require_contradiction(a, b):
    require((a.epoch, a.signer, a.view) == (b.epoch, b.signer, b.view), "two validators, epochs or views")
    if a.kind == b.kind and a.kind in (NOTARIZE, FINALIZE):
        require(a.order < b.order, "the same vote twice, or not in order")
    else:
        require((a.kind, b.kind) == (NULLIFY, FINALIZE), "an honest validator may sign both")


def validators_of(file, genesis, epoch):
    """The validators of an epoch, from those of the genesis over each boundary between."""
    validators = genesis.validators
    for header, certificate, following in decode(unb64(file["epochs"])):
        if validators.epoch == epoch:
            break
        # What stands inside an array is deterministic because the whole is: it is written again just so.
        header = Header(cbor2.dumps(header, canonical=True))
        number, members = shape(following, int, list)
        following = Validators(number, [tuple(shape(m, str, "digest", "digest")) for m in members])
        require(header.chain == genesis.chain and header.validators == validators.digest, "a link of another chain")
        require(header.next_validators == following.digest != validators.digest, "other validators follow")
        require(number == validators.epoch + 1, "an epoch is left out")
        validators.require_certified(genesis.chain, header, cbor2.dumps(certificate, canonical=True))
        validators = following
    require(validators.epoch == epoch, "the epoch's validators are not proved")
    return validators


def verify(file, genesis):
    """Who signed what, or `Refused`."""
    try:
        first, second = (Vote(unb64(v["cbor"])) for v in file["votes"])
        require_contradiction(first, second)
        require(file["chain"] == genesis.chain.hex(), "another chain")
        validators = validators_of(file, genesis, first.epoch)
        shown = (file["epoch"], file["view"], file["signer"], file["organisation"])
    except (KeyError, ValueError, TypeError) as error:
        raise Refused(f"not the form of evidence: {error}")
    require(first.signer < len(validators.validators), "there is no such validator")
    organisation = validators.validators[first.signer][0]
    require(shown == (first.epoch, first.view, first.signer, organisation), "what is shown is not what is proved")
    for vote in (first, second):
        signed = validators.has_signed(genesis.chain, vote.signer, vote.subject, vote.signature)
        require(signed, f"{organisation} did not sign both votes")
    return {"organisation": organisation, "view": first.view, "votes": [KINDS[first.kind], KINDS[second.kind]]}


class Forge:
    """Writes evidence with the validators' own keys, as if they had misbehaved."""

    def __init__(self, demo, genesis):
        self.genesis = genesis
        seeds = [json.loads(f.read_text())["seed"] for f in sorted(demo.home.glob("validator-*/vote.key.json"))]
        self.keys = [Ed25519PrivateKey.from_private_bytes(unb64(seed)) for seed in seeds]

    def vote(self, signer, subject, epoch=0, key=None):
        message = digest("vote", cbor2.dumps([self.genesis.chain, epoch, subject], canonical=True))
        signature = self.keys[signer if key is None else key].sign(message)
        return cbor2.dumps([epoch, signer, subject, signature], canonical=True)

    def file(self, signer, view, votes, validators=None, links=()):
        validators = validators or self.genesis.validators
        shown = []
        for data in votes:
            kind, what = cbor2.loads(data)[2]
            words = {} if kind == NULLIFY else {"block": what[2].hex(), "parentView": what[1]}
            shown.append({"kind": KINDS[kind], **words, "cbor": b64(data)})
        deeds = {
            ("notarize", "notarize"): "notarized two blocks",
            ("finalize", "finalize"): "finalized two blocks",
            ("nullify", "finalize"): "nullified the view and finalized a block in it",
        }
        return {
            "chain": self.genesis.chain.hex(),
            "epoch": validators.epoch,
            "view": view,
            "signer": signer,
            "organisation": validators.validators[signer][0],
            "offence": deeds.get(tuple(v["kind"] for v in shown), ""),
            "votes": shown,
            "validators": b64(
                cbor2.dumps([validators.epoch, [list(v) for v in validators.validators]], canonical=True)
            ),
            "epochs": b64(cbor2.dumps(list(links), canonical=True)),
        }

    def link(self, following, signers):
        """A boundary to other validators, finalized by these signers."""
        root = bytes(32)
        header = [1, 1, 1, self.genesis.chain, 0, 9, root, 1, 0, root, root, [8, root, root]]
        header += [self.genesis.validators.digest, following.digest]
        subject = [FINALIZE, [9, 8, digest("block", cbor2.dumps(header, canonical=True))]]
        signatures = [cbor2.loads(self.vote(signer, subject))[3] for signer in signers]
        certificate = [0, subject, sum(1 << signer for signer in signers), signatures]
        return [header, certificate, [following.epoch, [list(v) for v in following.validators]]]


def evidence(report, demo):
    """Evidence that this program writes, read by the project's, and the other way round as far as there is any."""
    genesis = Genesis(demo.genesis)
    forge = Forge(demo, genesis)
    path, trusted = demo.home / "evidence.json", demo.home / "genesis.json"
    view, signer = 77, 2
    one, other = sorted(digest("block", bytes([i])) for i in range(2))
    subjects = {
        "two notarize votes": ([NOTARIZE, [view, 5, one]], [NOTARIZE, [view, 5, other]]),
        "two finalize votes": ([FINALIZE, [view, 5, one]], [FINALIZE, [view, 5, other]]),
        "a nullify and a finalize vote": ([NULLIFY, view], [FINALIZE, [view, 5, one]]),
    }
    pair = subjects["two notarize votes"]

    def both(title, file, holds):
        """This program and the project's come to the same."""
        try:
            found = verify(file, genesis)["organisation"] == genesis.validators.validators[signer][0]
        except Refused as fault:
            found, title = False, f"{title}: {fault}"
        path.write_text(json.dumps(file))
        answer = demo.run("evidence", "--check", path, "--genesis", trusted)
        report.check(
            f"evidence.py and the program {'accept' if holds else 'refuse'} {title}",
            (found, answer.returncode) == (holds, 0 if holds else 1),
            (found, answer.returncode, answer.stdout, answer.stderr),
        )

    for title, votes in subjects.items():
        both(title, forge.file(signer, view, [forge.vote(signer, s) for s in votes]), True)
    innocent = [forge.vote(signer, s) for s in ([NOTARIZE, [view, 5, one]], [FINALIZE, [view, 5, one]])]
    both("two votes that go together", forge.file(signer, view, innocent), False)
    framed = [forge.vote(signer, pair[0]), forge.vote(signer, pair[1], key=0)]
    both("a vote that another validator signed", forge.file(signer, view, framed), False)
    good = forge.file(signer, view, [forge.vote(signer, s) for s in pair])
    both("another name on true evidence", {**good, "organisation": genesis.validators.validators[0][0]}, False)
    both("evidence of another chain", {**good, "chain": bytes(32).hex()}, False)

    following = Validators(1, genesis.validators.validators[:3])
    votes = [forge.vote(signer, s, epoch=1) for s in pair]
    count = genesis.validators.quorum
    for signers, holds in ((range(count), True), (range(count - 1), False)):
        links = [forge.link(following, signers)]
        title = f"evidence of an epoch whose validators {len(signers)} of {len(forge.keys)} have signed"
        both(title, forge.file(signer, view, votes, following, links), holds)
    both("evidence of an epoch without a proof", forge.file(signer, view, votes, following), False)

    listed = demo.run("evidence", "--json")
    reported = [json.loads(line) for line in listed.stdout.splitlines()]
    report.check("the network reports no misbehaviour of its own", listed.returncode == 0 and not reported, reported)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        with open(sys.argv[1]) as file, open(sys.argv[2], "rb") as genesis:
            print(json.dumps(verify(json.load(file), Genesis(genesis.read()))))
    except Refused as fault:
        sys.exit(f"refused: {fault}")


if __name__ == "__main__":
    main()
