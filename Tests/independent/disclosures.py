"""SD-JWT (RFC 9901): what is committed reaches the parties and nobody else."""

import hashlib
import json
import secrets

from joserfc import jwt

from documents import compact, payload_of
from node import b64, order, unb64, until

SUPPLIER = "jinling-parts/clerk"
OUTSIDER = "puhui-bank/desk"


def digests(texts):
    return sorted(b64(hashlib.sha256(text.encode()).digest()) for text in texts)


def disclose(name, value):
    return b64(json.dumps([b64(secrets.token_bytes(16)), name, value], ensure_ascii=False).encode())


def disclosures(report, demo):
    document = demo.document_titled("order.xml")
    path = f"documents/{document}/disclosures"
    network, supplier, outsider = demo.network, demo.member(SUPPLIER), demo.member(OUTSIDER)
    served = demo.node.get(path, supplier.token(network))
    if not report.check("the order's disclosures are served to its supplier", served.status == 200, served.body):
        return
    texts = served.json["disclosures"]
    details = payload_of(compact(demo, document))["details"]
    report.check(
        "each disclosure's SHA-256 stands in the payload's details, and there are no others",
        texts and sorted(details["_sd"]) == digests(texts) and details["_sd_alg"] == "sha-256",
    )
    opened = {name: value for _, name, value in (json.loads(unb64(text)) for text in texts)}
    report.check("the members shown are those of the disclosures", served.json["members"] == opened)
    committed = demo.node.json("schemas/order/1")["x-committed"]
    report.check(
        "only members that the schema marks as committed are disclosed", set(opened) <= set(committed), list(opened)
    )
    buyer = demo.node.get(path, demo.member("huadong-motors/erp").token(network))
    report.check("the same are served to the buyer", buyer.status == 200 and buyer.json["disclosures"] == texts)
    shared = json.dumps(
        [demo.node.json(f"documents/{document}"), payload_of(compact(demo, document))], ensure_ascii=False
    )
    report.check("none of it stands in what everyone sees", not any(text in shared for text in texts))

    now = network.now
    forged = supplier.token(network).split(".")
    forged[1] = b64(unb64(forged[1]).replace(b"jinling-parts", b"huadong-motors"))
    for title, token in [
        ("without a token", None),
        ("to a member who is no party", outsider.token(network)),
        ("for a token that another member signed in its name", outsider.token(network, iss="jinling-parts")),
        ("for a token whose claims were changed", ".".join(forged)),
        ("for a token of another network", supplier.token(network, aud="elsewhere")),
        (
            "for a token that has expired",
            supplier.token(network, iat=now - 200 * network.rate, exp=now - 100 * network.rate),
        ),
        ("for a token that is valid too long", supplier.token(network, exp=now + 301 * network.rate)),
        ("for a token without an end", unending(supplier, network)),
        ("for something that is no token", "abc"),
        ("for a document in place of a token", compact(demo, document)),
    ]:
        answer = demo.node.get(path, token)
        report.check(
            f"they are refused {title}",
            answer.status == 403 and answer.type == "application/problem+json" and texts[0].encode() not in answer.body,
            f"{answer.status} {answer.body[:200]}",
        )
    report.section(delivered, demo)
    report.section(handed_in_again, demo)


def unending(member, network):
    header = {"alg": "EdDSA", "kid": member.kid, "typ": "lianrong-read+jwt"}
    return jwt.encode(
        header, {"iss": member.id, "aud": network.name, "iat": network.now}, member.key, algorithms=["EdDSA"]
    )


def with_disclosures(demo, member, number, texts, supplier="jinling-parts"):
    """A signed order that commits to these disclosures."""
    details = {"_sd": digests(texts), "_sd_alg": "sha-256"}
    return member.sign(member.payload(demo.network, "order/1", order(number, supplier), details=details))


def handed_in_again(report, demo):
    """Sending again is safe for disclosures too: nothing is lost by it, and what was left out can follow."""
    buyer = demo.member("huadong-motors/erp")
    texts = [disclose("description", "轮毂"), disclose("note", "sea freight")]

    def kept(answer):
        found = demo.node.get(f"documents/{answer.json['id']}/disclosures", buyer.token(demo.network))
        return sorted(found.json.get("disclosures", []))

    compact = with_disclosures(demo, buyer, "PO-FEWER", texts)
    answer = demo.node.submit("~".join([compact, *texts, ""]))
    for less in (f"{compact}~{texts[0]}~", compact):
        demo.node.submit(less)
    report.check("sending a document again with fewer disclosures takes none away", kept(answer) == sorted(texts))
    compact = with_disclosures(demo, buyer, "PO-PENDING", texts)
    both = "~".join([compact, *texts, ""])
    demo.node.submit(f"{both}\n{compact}~{texts[0]}~\n{compact}")
    answer = demo.node.submit(compact)
    report.check("nor does it while the document waits for its block", kept(answer) == sorted(texts), kept(answer))
    compact = with_disclosures(demo, buyer, "PO-LATER", texts)
    answer = demo.node.submit(compact)
    demo.node.submit("~".join([compact, *texts, ""]))
    report.check("disclosures that come after their document are kept", kept(answer) == sorted(texts), kept(answer))


def delivered(report, demo):
    """A party that runs a node of its own has them there; a validator that is no party has not."""
    buyer, network = demo.member("huadong-motors/erp"), demo.network
    # The carrier as a supplier: the one member beside buyer and banks that runs a node.
    texts = [disclose("description", "车门铰链"), disclose("unitPrice", {"line": "1", "price": "5.00"})]
    answer = demo.node.submit(
        "~".join([with_disclosures(demo, buyer, "PO-DISCLOSED", texts, "sutong-logistics"), *texts, ""])
    )
    accepted = answer.status == 200 and answer.json["outcome"]["number"] == 0
    if not report.check("an order with disclosures made here is accepted", accepted, answer.body):
        return
    path = f"documents/{answer.json['id']}/disclosures"
    party = demo.member("sutong-logistics/driver")

    def arrived():
        found = demo.nodes["sutong-logistics"].get(path, party.token(network))
        return found.status == 200 and found.json

    found = until(10, arrived)
    report.check(
        "its disclosures arrive at the supplier's own node", found and sorted(found["disclosures"]) == sorted(texts)
    )
    elsewhere = [
        name
        for name in ("bank-of-jiangnan", "puhui-bank")
        if demo.nodes[name].get(path, party.token(network)).status == 200
    ]
    report.check("and at no node of a member who is no party", not elsewhere, elsewhere)
    report.check("nor at the observer", demo.observer.get(path, party.token(network)).status == 404)

    answer = demo.node.submit("~".join([with_disclosures(demo, buyer, "PO-FOREIGN", texts[:1]), *texts, ""]))
    report.check(
        "a disclosure that the document did not commit to is refused",
        answer.status == 422 and answer.json["name"] == "disclosureInvalid",
        answer.body,
    )

    # Of documents of the story: the parties' own nodes have the very disclosures that the issuer handed in.
    buyers = [
        d
        for d in demo.documents
        if "details" in (p := payload_of(compact(demo, d))) and p["terms"].get("buyer") == buyer.id
    ]

    def at_the_buyer(document):
        path = f"documents/{document}/disclosures"
        found = until(5, lambda: (a := demo.node.get(path, buyer.token(network))).status == 200 and a.json)
        sd = payload_of(compact(demo, document))["details"]["_sd"]
        return None if found and digests(found["disclosures"]) == sorted(sd) else "not there"

    report.every("what suppliers disclosed in the story has arrived at the buyer's node", buyers, at_the_buyer)
