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
        fields = shape(decode(data), int, int, int, d, int, int, d, int, int, d, d, list, d, d)
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
            self.evidence_root,
            executed,
            self.validators,
            self.next_validators,
        ) = fields
        require(self.format == 1 and self.suite == 1, "another format or suite")
        self.executed_height, self.state_root, self.history_root = shape(executed, int, d, d)
        self.digest = digest("block", data)


class Validators:
    """Those of one epoch, in their order: organisation, vote key, transport key."""

    def __init__(self, epoch, validators):
        self.epoch, self.validators = epoch, validators
        self.digest = digest("vals", cbor2.dumps([epoch, [list(v) for v in validators]], canonical=True))
        self.quorum = len(validators) - (len(validators) - 1) // 3

    def has_signed(self, chain, signer, subject, signature):
        """Whether the vote of the validator at this place is its own, for this chain and this epoch."""
        message = digest("vote", cbor2.dumps([chain, self.epoch, subject], canonical=True))
        try:
            Ed25519PublicKey.from_public_bytes(self.validators[signer][1]).verify(signature, message)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    def require_certified(self, chain, header, data):
        """q distinct validators of this epoch have signed that this very header is final; answers who."""
        epoch, subject, signers, signatures = shape(decode(data), int, list, int, list)
        kind, proposal = shape(subject, int, list)
        view, parent_view, payload = shape(proposal, int, int, "digest")
        require(epoch == self.epoch == header.epoch, "another epoch")
        require(kind == FINALIZE and payload == header.digest, "the certificate is of something else")
        require(parent_view < view, "a view follows its parent's")
        require(signers >> len(self.validators) == 0, "a signer that is no validator")
        named = [i for i in range(len(self.validators)) if signers >> i & 1]
        require(len(named) == len(signatures), "signers and signatures differ in number")
        require(len(named) >= self.quorum, f"{len(named)} signers, {self.quorum} needed")
        for signer, signature in zip(named, signatures):
            signed = self.has_signed(chain, signer, subject, signature)
            require(signed, f"the signature of {self.validators[signer][0]} is wrong")
        return [self.validators[signer][0] for signer in named]


class Genesis:
    def __init__(self, data):
        file = json.loads(data)
        self.chain = digest("genesis", data)
        self.name = f"{file['name']}-{self.chain[:8].hex()}"
        self.validators = Validators(
            0, [(v["organisation"], unb64(v["voteKey"]), unb64(v["transportKey"])) for v in file["validators"]]
        )

    def require_certified(self, header, data):
        return self.validators.require_certified(self.chain, header, data)


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
    require(attestation.validators == genesis.validators.digest, "other validators")
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
