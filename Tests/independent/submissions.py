"""Documents that joserfc signs, handed to a node: taken in once, or refused with all that is wrong with them."""

import json

from documents import compact
from node import order


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
                first[m] for m in ("id", "height", "outcome")]
            report.check(f"the same bytes again, at {name}: the same outcome and height", same, again.body)
        shown = demo.node.json(f"orders/huadong-motors/PO-{alg}")
        report.check("the order is there", (shown["document"], shown["status"]) == (first["id"], "open"), shown)

    signatures_again(report, demo, buyer)
    problems(report, demo, buyer)
    lines(report, demo, buyer)


def signatures_again(report, demo, buyer):
    """Recorded content under a signature that is not good."""
    text = buyer.sign(buyer.payload(demo.network, "order/1", order("PO-BENT")))
    demo.node.submit(text)
    head, _, signature = text.rpartition(".")
    bent = f"{head}.{'B' if signature[0] != 'B' else 'C'}{signature[1:]}"
    refusal(report, "a recorded document with a bent signature is refused", demo.node.submit(bent), 403, "signatureInvalid")


def refusal(report, title, answer, status, name, pointers=None):
    """The answer is problem details (RFC 9457) with the number, its name and the places."""
    problem = answer.json
    whole = (
        answer.type == "application/problem+json" and answer.status == problem["status"] == status
        and problem["name"] == name and 1000 <= problem["code"] < 2000 and problem["title"]
        and problem["type"] == f"/v1/problems/{problem['code']}")
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
        report, "many faults in one document are all told, with their places",
        node.submit(buyer.sign(buyer.payload(network, "order/1", terms))), 422, "memberMissing",
        ["/terms/supplier", "/terms/date", "/terms/lines/0/quantity", "/terms/lines/0/amount", "/terms/colour",
         "/terms/toleranceBasisPoints"])
    found = {v["pointer"]: v["name"] for v in problem.get("violations", [])}
    expected = {"/terms/supplier": "memberMissing", "/terms/colour": "memberUnknown", "/terms/lines/0/amount": "amountDigits",
                "/terms/date": "memberInvalid"}
    report.check("each fault has its own number, name and remedy", expected.items() <= found.items() and all(
        v["code"] and v["remedy"] for v in problem["violations"]), found)
    reference = node.json(problem["type"].removeprefix("/v1/"))
    report.check("the problem's type is a page that says the same", reference["name"] == problem["name"])

    def payload(**change):
        return buyer.payload(network, "order/1", order("PO-WRONG")) | change

    good = payload()
    used = demo.node.submit(buyer.sign(good)).json
    bent = buyer.sign(payload())
    outsider = demo.member("jinling-parts/clerk")
    cases = [
        ("of another network", buyer.sign(payload(network="elsewhere-0000000000000000")), 422, "otherNetwork", ["/network"]),
        ("that has expired", buyer.sign(payload(iat=network.now - 9999, exp=network.now - 1)), 422, "expired", ["/exp"]),
        ("of a type that is not known", buyer.sign(payload(type="poem/1")), 422, "typeUnknown", ["/type"]),
        ("in another's name", outsider.sign(payload()), 422, "issuerNotKeyOwner", ["/issuer"]),
        ("whose jti has other content", buyer.sign(payload(jti=good["jti"])), 409, "jtiReused", ["/jti"]),
        ("whose signature is of other bytes", bent[:-86] + buyer.sign(payload())[-86:], 403, "signatureInvalid", [""]),
        ("with padding", bent + "==", 422, "base64Invalid", [""]),
        ("with a member named twice", buyer.sign(
            json.dumps(payload()).replace('"iat"', '"exp": 1, "iat"', 1).encode()), 422, "jsonDuplicateName", None),
        ("with a fraction", buyer.sign(json.dumps(payload(iat=1.5)).encode()), 422, "jsonNotInteger", None),
        ("that is no JWS", "good day", 422, "notCompactJWS", [""]),
    ]
    for title, text, status, name, pointers in cases:
        refusal(report, f"a document {title} is refused", node.submit(text), status, name, pointers)
    report.check("of these nothing is recorded", used["outcome"]["number"] == 0 and node.get(
        "orders/huadong-motors/PO-WRONG").json["document"] == used["id"])

    for title, answer, status in [
        ("an unknown document", node.get("documents/" + "0" * 64), 404),
        ("an unknown path", node.get("nothing/here"), 404),
        ("an id that is none", node.get("documents/xyz"), 400),
        ("an empty body", node.submit(""), 400),
        ("a body above the limit", node.submit("a" * ((8 << 20) + 1)), 413),
    ]:
        problem = answer.json if answer.type == "application/problem+json" else {}
        report.check(
            f"{title} is answered with problem details", answer.status == status == problem.get("status"),
            f"{answer.status} {answer.type} {answer.body[:120]}")


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
