"""Counts what held and what did not, one line each."""

import traceback


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, title, holds, detail=""):
        if holds:
            self.passed += 1
            print(f"pass  {title}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {title}" + (f": {detail}" if detail != "" else ""), flush=True)
        return bool(holds)

    def every(self, title, items, fault):
        """One line for many: `fault(item)` answers None where all is well, and a word on what is wrong elsewhere."""
        items = list(items)
        faults = []
        for item in items:
            found = self.guarded(fault, item)
            if found is not None:
                faults.append(f"{str(item)[:16]}: {found}")
        return self.check(f"{title} ({len(items)})", items and not faults, "; ".join(faults[:3]) or "there are none")

    def section(self, run, *arguments):
        """Runs a group of checks; one that cannot be carried out is a failed one and does not end the others."""
        try:
            return run(self, *arguments)
        except Exception as error:
            traceback.print_exc()
            self.check(run.__name__, False, repr(error))

    @staticmethod
    def guarded(fault, item):
        try:
            return fault(item)
        except Exception as error:
            return repr(error)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
