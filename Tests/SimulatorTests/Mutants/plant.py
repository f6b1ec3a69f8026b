"""Copies the pure sources, Replication, LedgerStore and Simulator into a package of its own, with every mutant planted
behind a switch. Prints a line for each: switch, name, fault, nodes, seeds."""
import pathlib
import re
import sys

project, copy = map(pathlib.Path, sys.argv[1:])
folder = project / "Tests/SimulatorTests/Mutants"
TARGETS = {
    "CSodium": None, "CLevelDB": None, "Sodium": ["CSodium"], "Ledger": ["Sodium"], "Consensus": ["Ledger", "Sodium"],
    "Contracts": ["Ledger", "Sodium"], "Financing": ["Contracts", "Ledger", "Sodium"],
    "LedgerStore": ["CLevelDB", "Ledger", "Sodium"],
    "Replication": ["LedgerStore", "Financing", "Consensus", "Contracts", "Ledger", "Sodium"],
    "Simulator": ["Replication", "LedgerStore", "Financing", "Consensus", "Contracts", "Ledger", "Sodium"],
}
MANIFEST = """// swift-tools-version: 6.2
import PackageDescription
let mode: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
let package = Package(
  name: "mutants",
  dependencies: [%s],
  targets: [
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
    .systemLibrary(name: "CLevelDB"),
%s
    .executableTarget(name: "mutants", dependencies: ["Simulator", "Sodium"], swiftSettings: mode),
  ])
"""
SWITCH = """import Glibc

package enum Mutant {
  package static let active = getenv("MUTANT").flatMap { Int(String(cString: $0)) } ?? 0
}
"""
MAIN = """import Simulator

let words = CommandLine.arguments
let bounds = words[2].split(separator: ".").compactMap { UInt64($0) }
var campaign = Campaign(seeds: bounds[0]...bounds[1], nodes: Int(words[1])!)
campaign.threads = Int(words[3])!
campaign.stopsAtFinding = true
let summary = campaign.run()
let first = summary.failures.first
print(first.map { "\\($0.seed) \\($0.checker)" } ?? "- -", Int(summary.realSeconds.rounded(.up)))
"""


def fail(message):
    sys.exit(f"mutants: {message}")


def read(path):
    """The settings of a mutant and its changes: (file, text, replacement)."""
    settings, changes = path.read_text().split("\n--- replace in ", 1)
    found = dict(re.findall(r"^(\w+): *(.*)$", settings, re.MULTILINE))
    if found.keys() != {"fault", "nodes", "seeds", "why"}:
        fail(f"{path.name} must say fault, nodes, seeds and why")
    parts = []
    for change in ("\n" + changes).removeprefix("\n").split("\n--- replace in "):
        head, _, rest = change.partition("\n")
        text, by, replacement = rest.partition("\n--- by\n")
        if not by:
            fail(f"{path.name} has no replacement")
        parts.append((head.strip(), text.rstrip("\n"), replacement.rstrip("\n")))
    return found, parts


def write(path, text):
    """Only what has changed, so that builds are incremental."""
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


changes = {}
for switch, path in enumerate(sorted(folder.glob("*.txt")), 1):
    settings, parts = read(path)
    for file, text, replacement in parts:
        changes.setdefault(file, []).append((path.stem, switch, text, replacement))
    print(switch, path.stem, settings["fault"], settings["nodes"], settings["seeds"])

wanted = set()
for target in TARGETS:
    for path in (project / "Sources" / target).rglob("*"):
        if path.is_dir():
            continue
        name = str(path.relative_to(project))
        source = path.read_text()
        spans = []
        for mutant, switch, text, replacement in changes.pop(name, []):
            if source.count(text) != 1:
                fail(f"{mutant}: {name} has its text {source.count(text)} times, not once")
            if "PLANTED" not in replacement:
                fail(f"{mutant}: its replacement has no PLANTED")
            at = source.index(text)
            spans.append((at, at + len(text), replacement.replace("PLANTED", f"(Mutant.active == {switch})"), mutant))
        spans.sort()
        for before, after in zip(spans, spans[1:]):
            if before[1] > after[0]:
                fail(f"{before[3]} and {after[3]} change the same text of {name}")
        mutated = source
        for begin, end, replacement, _ in reversed(spans):
            mutated = mutated[:begin] + replacement + mutated[end:]
        if spans and target != "Sodium" and "import Sodium\n" not in mutated:
            mutated = "import Sodium\n" + mutated
        write(copy / name, mutated)
        wanted.add(copy / name)
if changes:
    fail(f"there is no {', '.join(changes)}")
for name, text in [("Sources/Sodium/Mutant.swift", SWITCH), ("Sources/mutants/main.swift", MAIN)]:
    write(copy / name, text)
    wanted.add(copy / name)
for path in (copy / "Sources").rglob("*"):
    if path.is_file() and path not in wanted:
        path.unlink()

manifest = (project / "Package.swift").read_text()
collections = re.search(r"\.package\([^)]*swift-collections[^)]*\)", manifest).group()
targets = []
for target, dependencies in TARGETS.items():
    if dependencies is None:
        continue
    names = [f'"{name}"' for name in dependencies]
    if target == "Replication":
        names.append('.product(name: "DequeModule", package: "swift-collections")')
    targets.append(f'    .target(name: "{target}", dependencies: [{", ".join(names)}], swiftSettings: mode),')
write(copy / "Package.swift", MANIFEST % (collections, "\n".join(targets)))
