"""Documents that joserfc signs, handed to a node: taken in once, or refused with all that is wrong with them."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from disclosures import digests, disclose
from documents import compact
from node import order, until


def submissions(report, demo):
    buyer, network = demo.member("huadong-motors/erp"), demo.network

    for alg in ("EdDSA", "Ed25519"):
        text = buyer.sign(buyer.payload(network, "order/1", order(f"PO-{alg}")), alg)
        answer = demo.node.submit(text)
        accepted = answer.status == 200 and answer.json["outcome"] == {"number": 0, "name": "accepted"}
        if not report.check(f'a document that joserfc signed as "{alg}" is accepted', accepted, answer.body):
            continue
        first = answer.json
        report.check("the node keeps its very bytes", compact(demo, first["id"]) == text)
        for name, node in demo.nodes.items():
            again = node.submit(text)
            same = again.status == 200 and [again.json.get(m) for m in ("id", "height", "outcome")] == [
                first[m] for m in ("id", "height", "outcome")
            ]
            report.check(f"the same bytes again, at {name}: the same outcome and height", same, again.body)
        shown = demo.node.json(f"orders/huadong-motors/PO-{alg}")
        report.check("the order is there", (shown["document"], shown["status"]) == (first["id"], "open"), shown)

    for part in (once_more, dry_run, problems, lines, contested):
        report.section(part, demo, buyer)


def once_more(report, demo, buyer):
    """Recorded content that comes again: under a signature that is not good, and after its time."""
    payload = buyer.payload(demo.network, "order/1", order("PO-AGAIN"))
    payload["exp"] = payload["iat"] + demo.network.rate
    text = buyer.sign(payload)
    first = demo.node.submit(text).json
    head, _, signature = text.rpartition(".")
    bent = f"{head}.{'B' if signature[0] != 'B' else 'C'}{signature[1:]}"
    refusal(
        report, "a recorded document with a bent signature is refused", demo.node.submit(bent), 403, "signatureInvalid"
    )
    until(5, lambda: demo.network.now > payload["exp"])
    again = demo.node.submit(text)
    same = again.status == 200 and [again.json[m] for m in ("id", "height")] == [first["id"], first["height"]]
    report.check("a recorded document that comes again after its exp has its first outcome", same, again.body)


def dry_run(report, demo, buyer):
    """`documents/verify` tells what would become of a document, and records nothing."""

    def ask(text):
        return demo.node.request("documents/verify", text.encode(), {"content-type": "application/jose"})

    good = buyer.payload(demo.network, "order/1", order("PO-DRY"))
    answer = ask(buyer.sign(good))
    would_be = answer.status == 200 and answer.json["wouldBe"] == {"number": 0, "name": "accepted"}
    report.check("a dry run tells the outcome", would_be, answer.body)
    report.check("and records nothing", demo.node.status(answer.json["id"]).status == 404)
    unknown = ask(buyer.sign(buyer.payload(demo.network, "order/1", order("PO-DRY", supplier="nobody"))))
    refused = unknown.json["wouldBe"]
    report.check(
        "a dry run tells a rule's refusal, its place and what to do",
        (refused["number"], refused["name"], refused["pointer"]) == (3002, "counterpartyUnknown", "/terms/supplier")
        and refused["remedy"].endswith("."),
        unknown.body,
    )
    text = disclose("note", "sea freight")
    committed = buyer.sign(good | {"details": {"_sd": digests([text]), "_sd_alg": "sha-256"}})
    answer = ask(f"{committed}~{text}~")
    report.check("a dry run takes what a submission takes, disclosures too", answer.status == 200, answer.body)


def contested(report, demo, buyer):
    """Two contents under one jti, handed to all nodes at once: one is recorded, and the other is in nobody's way."""
    accepted = []
    for round in range(12):
        payload = buyer.payload(demo.network, "order/1", order(f"PO-CONTEST-{round}"))
        rivals = [buyer.sign(payload), buyer.sign(payload | {"terms": order(f"PO-RIVAL-{round}")})]
        offers = [(node, text) for node in demo.nodes.values() for text in rivals]
        with ThreadPoolExecutor(len(offers)) as pool:
            list(pool.map(lambda offer: offer[0].submit(offer[1], wait=None), offers))
        numbers = [f"PO-CONTEST-{round}", f"PO-RIVAL-{round}"]
        accepted.append(until(5, lambda: [n for n in numbers if demo.node.get(f"orders/{buyer.id}/{n}").status == 200]))
    report.check("of two contents under one jti one is recorded", all(len(a) == 1 for a in accepted), accepted)

    def waiting():
        return [node.json("status")["pool"]["documents"] for node in demo.nodes.values()]

    report.check("the other waits in no node's pool", until(5, lambda: not any(waiting())), waiting())
    time.sleep(1)
    invalid = [name for name in demo.nodes if "a block is invalid" in demo.log(name)]
    report.check("and no validator makes a block that the others refuse", not invalid, invalid)


def refusal(report, title, answer, status, name, pointers=None):
    """The answer is problem details (RFC 9457) with the number, its name and the places."""
    problem = answer.json
    whole = (
        answer.type == "application/problem+json"
        and answer.status == problem["status"] == status
        and problem["name"] == name
        and 1000 <= problem["code"] < 2000
        and problem["title"]
        and problem["type"] == f"/v1/problems/{problem['code']}"
    )
    places = [v["pointer"] for v in problem.get("violations", [])]
    report.check(title, whole and (pointers is None or sorted(places) == sorted(pointers)), answer.body.decode())
    return problem


def problems(report, demo, buyer):
    network, node = demo.network, demo.node
    terms = order("PO-WRONG", colour="red", toleranceBasisPoints=2001)
    del terms["supplier"]
    terms["lines"][0] |= {"quantity": 2, "amount": "10.005"}
    terms["date"] = "2026-02-30"
    problem = refusal(
        report,
        "many faults in one document are all told, with their places",
        node.submit(buyer.sign(buyer.payload(network, "order/1", terms))),
        422,
        "memberMissing",
        [
            "/terms/supplier",
            "/terms/date",
            "/terms/lines/0/quantity",
            "/terms/lines/0/amount",
            "/terms/colour",
            "/terms/toleranceBasisPoints",
        ],
    )
    found = {v["pointer"]: v["name"] for v in problem.get("violations", [])}
    expected = {
        "/terms/supplier": "memberMissing",
        "/terms/colour": "memberUnknown",
        "/terms/lines/0/amount": "amountDigits",
        "/terms/date": "memberInvalid",
    }
    report.check(
        "each fault has its own number, name and remedy",
        expected.items() <= found.items() and all(v["code"] and v["remedy"] for v in problem["violations"]),
        found,
    )
    reference = node.json(problem["type"].removeprefix("/v1/"))
    report.check("the problem's type is a page that says the same", reference["name"] == problem["name"])

    def payload(**change):
        return buyer.payload(network, "order/1", order("PO-WRONG")) | change

    good = payload()
    used = demo.node.submit(buyer.sign(good)).json
    bent = buyer.sign(payload())
    outsider = demo.member("jinling-parts/clerk")
    cases = [
        (
            "of another network",
            buyer.sign(payload(network="elsewhere-0000000000000000")),
            422,
            "otherNetwork",
            ["/network"],
        ),
        (
            "that has expired",
            buyer.sign(payload(iat=network.now - 9999, exp=network.now - 1)),
            422,
            "expired",
            ["/exp"],
        ),
        ("of a type that is not known", buyer.sign(payload(type="poem/1")), 422, "typeUnknown", ["/type"]),
        ("in another's name", outsider.sign(payload()), 422, "issuerNotKeyOwner", ["/issuer"]),
        ("whose jti has other content", buyer.sign(payload(jti=good["jti"])), 409, "jtiReused", ["/jti"]),
        ("whose signature is of other bytes", bent[:-86] + buyer.sign(payload())[-86:], 403, "signatureInvalid", [""]),
        ("with padding", bent + "==", 422, "base64Invalid", [""]),
        (
            "with a member named twice",
            buyer.sign(json.dumps(payload()).replace('"iat"', '"exp": 1, "iat"', 1).encode()),
            422,
            "jsonDuplicateName",
            None,
        ),
        ("with a fraction", buyer.sign(json.dumps(payload(iat=1.5)).encode()), 422, "jsonNotInteger", None),
        ("that is no JWS", "good day", 422, "notCompactJWS", [""]),
    ]
    for title, text, status, name, pointers in cases:
        refusal(report, f"a document {title} is refused", node.submit(text), status, name, pointers)
    report.check(
        "of these nothing is recorded",
        used["outcome"]["number"] == 0 and node.get("orders/huadong-motors/PO-WRONG").json["document"] == used["id"],
    )

    for title, answer, status in [
        ("an unknown document", node.get("documents/" + "0" * 64), 404),
        ("an unknown path", node.get("nothing/here"), 404),
        ("an id that is none", node.get("documents/xyz"), 400),
        ("an empty body", node.submit(""), 400),
        ("a body above the limit", node.submit("a" * ((8 << 20) + 1)), 413),
    ]:
        problem = answer.json if answer.type == "application/problem+json" else {}
        report.check(
            f"{title} is answered with problem details",
            answer.status == status == problem.get("status"),
            f"{answer.status} {answer.type} {answer.body[:120]}",
        )


def lines(report, demo, buyer):
    """Many documents in one request, good and bad, are answered line by line in their order."""
    good = [buyer.sign(buyer.payload(demo.network, "order/1", order(f"PO-LINE-{i}"))) for i in range(40)]
    unknown = buyer.sign(buyer.payload(demo.network, "order/1", order("PO-LINE-X", supplier="nobody")))
    sent = [*good[:20], "good day", unknown, good[0], *good[20:]]
    answer = demo.node.submit("\n".join(sent) + "\r\n")
    report.check("many documents are answered as lines of JSON", answer.type == "application/x-ndjson", answer.type)
    answers = [json.loads(line) for line in answer.body.decode().splitlines()]
    report.check("one line for each document", len(answers) == len(sent), len(answers))
    names = [a.get("outcome", {}).get("name") or a.get("name") for a in answers]
    expected = ["accepted"] * 20 + ["notCompactJWS", "counterpartyUnknown", "accepted"] + ["accepted"] * 20
    report.check("each with its own outcome or refusal, in the order of the request", names == expected, names)
    report.check("a document twice in one request is one document", answers[0] == answers[22], answers[22])
    mixed = [compact(demo, a["id"]) == text for a, text in zip(answers, sent) if "id" in a]
    report.check("each id is that of its own line", len(mixed) == len(sent) - 1 and all(mixed))
