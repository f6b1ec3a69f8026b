"""Checks the proof of a document and its outcome with nothing but the genesis file: a second implementation.

    python proof.py PROOF.json GENESIS.json [DOCUMENT-ID]

The chain of proof: the exact compact JWS is a leaf under the documents root of its block's header; its outcome is a
leaf under the outcomes root; both stand in a leaf of the history; the history's root stands in a later header; and q
of the genesis's validators have signed that this header is final.
"""

import hashlib
import json
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from node import unb64

FINALIZE = 3


class Refused(Exception):
    """The proof does not hold; the words say where."""


def require(condition, fault):
    if not condition:
        raise Refused(fault)


def digest(domain, data):
    """BLAKE2b-256 whose 16-byte person parameter names the use."""
    return hashlib.blake2b(data, digest_size=32, person=b"lianrong/" + domain.encode().ljust(7)).digest()


def node_hash(left, right):
    return digest("node", left + right)


def decode(data):
    """CBOR that has one encoding only: what does not come out again as it went in is refused."""
    try:
        value = cbor2.loads(data)
    except Exception as error:
        raise Refused(f"not CBOR: {error}")
    require(cbor2.dumps(value, canonical=True) == data, "not deterministic CBOR")
    return value


def shape(value, *kinds):
    require(isinstance(value, list) and len(value) == len(kinds), "an array of another length")
    for member, kind in zip(value, kinds):
        if kind == "digest":
            require(isinstance(member, bytes) and len(member) == 32, "a digest has 32 bytes")
        else:
            require(type(member) is kind and (kind is not int or member >= 0), f"{kind.__name__} expected")
    return value


def tree_root(index, size, path, leaf):
    """The root that a leaf and its siblings imply in RFC 6962's tree of `size` leaves, found from the top down."""
    if size == 1:
        require(not path, "the path is too long")
        return leaf
    require(path, "the path is too short")
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return node_hash(tree_root(index, left, path[:-1], leaf), path[-1])
    return node_hash(path[-1], tree_root(index - left, size - left, path[:-1], leaf))


class Inclusion:
    def __init__(self, value):
        self.index, self.size, self.path = shape(value, int, int, list)
        require(all(isinstance(p, bytes) and len(p) == 32 for p in self.path), "a sibling has 32 bytes")
        require(self.index < self.size < 1 << 48, "there is no such leaf")

    def holds(self, leaf, root):
        return tree_root(self.index, self.size, self.path, digest("leaf", leaf)) == root


class Header:
    def __init__(self, data):
        d = "digest"
        fields = shape(decode(data), int, int, int, d, int, int, d, int, int, d, list, d, d)
        (
            self.format,
            self.protocol,
            self.suite,
            self.chain,
            self.epoch,
            self.height,
            self.parent,
            self.time,
            self.proposer,
            self.documents_root,
            executed,
            self.validators,
            self.next_validators,
        ) = fields
        require(self.format == 1 and self.suite == 1, "another format or suite")
        self.executed_height, self.state_root, self.history_root = shape(executed, int, d, d)
        self.digest = digest("block", data)


class Genesis:
    def __init__(self, data):
        file = json.loads(data)
        self.chain = digest("genesis", data)
        self.name = f"{file['name']}-{self.chain[:8].hex()}"
        self.validators = [
            (v["organisation"], unb64(v["voteKey"]), unb64(v["transportKey"])) for v in file["validators"]
        ]
        self.set_digest = digest("vals", cbor2.dumps([0, [list(v) for v in self.validators]], canonical=True))
        count = len(self.validators)
        self.quorum = count - (count - 1) // 3

    def require_certified(self, header, data):
        """q distinct validators of epoch 0 have signed that this very header is final; answers who."""
        epoch, subject, signers, signatures = shape(decode(data), int, list, int, list)
        kind, proposal = shape(subject, int, list)
        view, parent_view, payload = shape(proposal, int, int, "digest")
        require(epoch == 0 and header.epoch == 0, "another epoch")
        require(kind == FINALIZE and payload == header.digest, "the certificate is of something else")
        require(parent_view < view, "a view follows its parent's")
        require(signers >> len(self.validators) == 0, "a signer that is no validator")
        named = [v for i, v in enumerate(self.validators) if signers >> i & 1]
        require(len(named) == len(signatures), "signers and signatures differ in number")
        require(len(named) >= self.quorum, f"{len(named)} signers, {self.quorum} needed")
        message = digest("vote", cbor2.dumps([self.chain, epoch, subject], canonical=True))
        for (organisation, key, _), signature in zip(named, signatures):
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
            except (InvalidSignature, ValueError, TypeError):
                raise Refused(f"the signature of {organisation} is wrong")
        return [organisation for organisation, _, _ in named]


def verify(proof, genesis, document=None):
    """What the proof proves, or `Refused`."""
    try:
        compact = proof["document"].encode()
        parts = {
            name: unb64(proof[name])
            for name in "header inBlock outcome inOutcomes leaf inHistory attestation certificate".split()
        }
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise Refused(f"not the form of a proof: {error}")
    header, attestation = Header(parts["header"]), Header(parts["attestation"])
    in_block, in_outcomes, in_history = (Inclusion(decode(parts[n])) for n in ("inBlock", "inOutcomes", "inHistory"))
    require(header.chain == genesis.chain == attestation.chain, "another chain")
    require(attestation.validators == genesis.set_digest, "other validators")
    signers = genesis.require_certified(attestation, parts["certificate"])

    height, block, _, outcomes_root = shape(decode(parts["leaf"]), int, "digest", "digest", "digest")
    require(height == header.height and block == header.digest, "the leaf of another block")
    require(
        in_history.index == height and in_history.size == attestation.executed_height + 1,
        "the place in the history differs",
    )
    require(in_history.holds(parts["leaf"], attestation.history_root), "not in the attested history")

    require(in_block.holds(compact, header.documents_root), "the document is not in the block")
    require((in_block.index, in_block.size) == (in_outcomes.index, in_outcomes.size), "the outcome of another document")
    require(in_outcomes.holds(parts["outcome"], outcomes_root), "the outcome is not of this height")

    subject, number, pointer = shape(decode(parts["outcome"]), "digest", int, str)
    name = digest("doc", compact.rpartition(b".")[0])
    require(subject == name and document in (None, name.hex()), "the outcome of another document")
    require(
        (proof.get("height"), proof.get("attestedBy")) == (height, attestation.height), "the heights shown are others"
    )
    return {
        "document": name.hex(),
        "outcome": number,
        "pointer": pointer,
        "height": height,
        "attestedBy": attestation.height,
        "signers": signers,
    }


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        with open(sys.argv[1]) as proof, open(sys.argv[2], "rb") as genesis:
            print(json.dumps(verify(json.load(proof), Genesis(genesis.read()), *sys.argv[3:])))
    except Refused as fault:
        sys.exit(f"refused: {fault}")


if __name__ == "__main__":
    main()
