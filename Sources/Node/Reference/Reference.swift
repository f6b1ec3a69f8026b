import Contracts
import Financing
import Foundation
import Ledger

/// Writes what is published from the code: the JSON Schema of every document type and the reference of outcomes. A test
/// compares the files with the code.
package enum Reference {
  package static var files: [(path: String, text: String)] {
    var files: [(String, String)] = ActRegistry.all.types.map { type in
      ("schemas/\(type.type.replacingOccurrences(of: "/", with: "-")).json", type.schema.indented)
    }
    files.append(("schemas/genesis.json", Genesis.schema.indented))
    files.append(("reference/outcomes.md", outcomes))
    files.append(("reference/documents.md", documents))
    return files
  }

  package static func write(into docs: String) throws {
    for (path, text) in files {
      let full = "\(docs)/\(path)"
      try FileManager.default.createDirectory(
        atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try text.write(toFile: full, atomically: true, encoding: .utf8)
    }
  }

  private static var outcomes: String {
    var text = """
      # Outcomes and refusals

      Every number that a document can be answered with. Written by `lianrong schemas --docs docs` from the code.

      - **0 to 999 and 2000 to 9999: outcomes.** The document is recorded in a block; its outcome is the same on every node, and
        provable. Rules are asked in a fixed order: the key (2001), its validity at this height (2002), its permission (2003), the
        issuer's role (2004), then the act's own rules in the order of its file.
      - **1000 to 1999: refusals at the door.** Nothing is recorded; over HTTP they are problem details (RFC 9457) with `code`.
      - **7000 to 7999** are an importer's refusals of business files (`lianrong import`).


      """
    let sections: [(String, ClosedRange<UInt16>)] = [
      ("Done", 0...999), ("At the door", 1000...1999), ("Authority", 2000...2999), ("Trade", 3000...3999),
      ("Receivables", 4000...4999), ("Financing", 5000...5999), ("Payments", 6000...6999), ("Arithmetic", 9000...9999),
    ]
    let entries = OutcomeReference.entries + Problem.entries
    for (title, range) in sections {
      text += "## \(title)\n\n| number | name | what to do | does a retry help? |\n| --- | --- | --- | --- |\n"
      for entry in entries.filter({ range.contains($0.number) }).sorted(by: { $0.number < $1.number }) {
        text += "| \(entry.number) | `\(entry.name)` | \(entry.remedy) | \(entry.retryHelps ? "yes" : "no") |\n"
      }
      text += "\n"
    }
    return String(text.dropLast())
  }

  private static var documents: String {
    var text = """
      # Document types

      Written by `lianrong schemas --docs docs` from the code; the JSON Schema of each type stands in `docs/schemas`. Members of
      `terms` are shared with every validator; members of `details` travel as salted digests, their content to the parties alone.

      | type | what | signed with permission | issued by | committed members |
      | --- | --- | --- | --- | --- |

      """
    for type in ActRegistry.all.types {
      let roles =
        type.roles.isEmpty ? "any member that the rules allow" : type.roles.map(\.rawValue).joined(separator: ", ")
      text +=
        "| [`\(type.type)`](../schemas/\(type.type.replacingOccurrences(of: "/", with: "-")).json) | \(type.title) "
      text += "| `\(type.permission.rawValue)` | \(roles) | \(type.committed.joined(separator: ", ")) |\n"
    }
    return text
  }
}
