import Foundation
import Testing

@Suite("The architecture is what the folders say")
struct ArchitectureTests {
  /// Which of the project's own targets each may import: docs/ARCHITECTURE.md draws it.
  static let own: [String: Set<String>] = [
    "Sodium": ["CSodium"],
    "Ledger": ["Sodium"],
    "Consensus": ["Ledger", "Sodium"],
    "Contracts": ["Ledger", "Sodium"],
    "Financing": ["Contracts", "Ledger", "Sodium"],
    "LedgerStore": ["CLevelDB", "Ledger", "Sodium"],
    "Replication": ["LedgerStore", "Financing", "Contracts", "Consensus", "Ledger", "Sodium"],
    "Node": ["Replication", "LedgerStore", "Financing", "Contracts", "Consensus", "Ledger", "Sodium"],
    "Simulator": ["Replication", "LedgerStore", "Financing", "Contracts", "Consensus", "Ledger", "Sodium"],
    "Client": ["Financing", "Contracts", "Ledger", "Sodium"],
    "lianrong": ["Node", "Replication", "Simulator", "Client", "Contracts", "Ledger", "Sodium"],
  ]
  /// What a target may import from elsewhere; any library for those that are not named.
  static let outside: [String: Set<String>] = [
    "Sodium": [], "Ledger": [], "Consensus": [], "Contracts": [], "Financing": [],
    "LedgerStore": ["Glibc", "Synchronization"],
    "Replication": ["DequeModule", "Glibc", "Synchronization"], "Simulator": ["Glibc", "Synchronization"],
  ]

  static func imports(of text: String) -> Set<String> {
    Set(
      text.split(separator: "\n").compactMap { line -> String? in
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else { return nil }
        guard index == 0 || words[0].hasPrefix("@") || ["public", "package", "internal"].contains(words[0]) else {
          return nil
        }
        return String(words[index + 1])
      })
  }

  @Test("each target imports only what the architecture allows", arguments: own.keys.sorted())
  func imports(target: String) {
    let files = Repository.files(under: "Sources/\(target)", suffix: ".swift")
    #expect(!files.isEmpty)
    for (path, text) in files {
      for name in Self.imports(of: text) {
        if Self.own.keys.contains(name) || name.hasPrefix("C") && ["CSodium", "CLevelDB"].contains(name) {
          #expect(Self.own[target]!.contains(name), "\(path) imports \(name)")
        } else if let allowed = Self.outside[target] {
          #expect(allowed.contains(name), "\(path) imports \(name)")
        }
      }
    }
  }

  @Test("every folder of Sources is a target of the architecture") func folders() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Repository.root.appending(path: "Sources").path)
    #expect(Set(folders) == Set(Self.own.keys).union(["CSodium", "CLevelDB"]))
  }

  /// Dates, randomness, threads and floating point have no place where every node must come to the same result.
  @Test("the replicated targets are deterministic", arguments: ["Ledger", "Consensus", "Contracts", "Financing"])
  func determinism(target: String) {
    let forbidden = [
      #"\bDouble\b"#, #"\bFloat\b"#, #"\bDate\(\)"#, #"\brandom\("#, #"\bContinuousClock\b"#, #"\basync\b"#,
      #"\bawait\b"#,
      #"\bTask\b"#, #"randomBytes"#, #"SystemRandomNumberGenerator"#,
    ]
    for (path, text) in Repository.files(under: "Sources/\(target)", suffix: ".swift") {
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let code = line.range(of: "//").map { line[..<$0.lowerBound] } ?? line[...]
        for pattern in forbidden {
          #expect(code.range(of: pattern, options: .regularExpression) == nil, "\(path):\(number + 1) \(pattern)")
        }
      }
    }
  }
}
