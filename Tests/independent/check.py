"""Plays the demonstration and checks the running network with programs that nobody of this project wrote.

    python check.py --program PATH [--home DIR]

JWS by joserfc, JSON Schema by jsonschema, CBOR by cbor2, HTTP by the standard library. The last line is
`N passed, M failed`; the status is 1 if anything failed.
"""

import argparse
import os
import sys
import tempfile
import time

from demo import Demo
from disclosures import disclosures
from documents import headers, proofs, schemas, signatures
from evidence import evidence
from node import until
from report import Report
from submissions import submissions

STORY_SECONDS = 60


def story(report, demo):
    told = demo.wait_until_told(STORY_SECONDS)
    if not report.check("the demonstration is told and leaves its network running", told, "; ".join(demo.told[-3:])):
        return False
    other = [f"{s['step']} {s['title']}: {s['outcome']['name']}" for s in demo.steps if not s["asExpected"]]
    report.check(f"all {len(demo.steps)} steps came out as told", demo.steps and not other, "; ".join(other))
    demo.connect()
    return True


def ending(report, demo):
    nodes = demo.node_processes()
    report.check("five node processes run", len(nodes) == 5, nodes)
    status = demo.stop()
    report.check("SIGINT ends the demonstration with status 0", status == 0, status)
    alive = until(5, lambda: not any(os.path.exists(f"/proc/{n}") for n in nodes))
    report.check("and no node is left", alive, demo.node_processes())


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--program", required=True, help="the lianrong executable")
    arguments.add_argument(
        "--home", help="where to keep keys and nodes; by default a folder that is removed at the end"
    )
    arguments = arguments.parse_args()
    report, started = Report(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lianrong-") as temporary:
        demo = Demo(arguments.program, arguments.home or os.path.join(temporary, "home"))
        try:
            if report.section(story, demo):
                for part in (signatures, schemas, headers, proofs, evidence, disclosures, submissions):
                    report.section(part, demo)
                report.section(ending, demo)
        finally:
            demo.abandon()
    print(f"in {time.monotonic() - started:.0f} s")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
