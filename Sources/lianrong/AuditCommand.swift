import ArgumentParser
import Contracts
import Foundation
import Ledger
import Node

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract:
      "Checks a node's whole ledger and trusts nothing: every hash, certificate, signature, outcome, root and balance.",
    discussion: """
      --home reads a node's folder (a running node hands over a checkpoint); --url follows a node over HTTP. Every document is \
      performed again from genesis. Status 0 only if nothing was found.
      """)

  @Option(name: .long, help: "A node's home folder.")
  var home: String?

  @Option(name: .long, help: "A node's URL.")
  var url: String?

  @Option(name: .long, help: "The network's genesis file, from a source you trust: needed with --url.")
  var genesis: String?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await finishing {
      let report: Audit.Report
      switch (home, url) {
      case (let home?, nil): report = try await Audit.home(NodeHome(home), progress: progress)
      case (nil, let url?):
        guard let genesis else {
          throw ValidationError("--url needs --genesis: a node that names its own genesis could invent everything.")
        }
        report = try await Audit.url(url, genesis: try Genesis(json: readFile(genesis)), progress: progress)
      default: throw ValidationError("Name either --home or --url.")
      }
      output(json ? report.json.text : describe(report))
      if !report.ok { throw ExitCode(1) }
    }
  }

  private func progress(_ height: UInt64, _ of: UInt64) {
    guard !json, isatty(2) != 0, of > 0 else { return }
    let filled = Int(height * 40 / of)
    let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: 40 - filled)
    FileHandle.standardError.write(Data("\r\(bar) height \(height) of \(of)\(height == of ? "\n" : "")".utf8))
  }

  private func describe(_ report: Audit.Report) -> String {
    var lines = [
      "Audit of \(report.network)", "  genesis      \(report.chain)",
      "  height       \(report.height)",
      "  documents    \(report.documents), of which \(report.refused) refused by a rule",
      "  state root   \(report.stateRoot)",
    ]
    if report.uncertified > 0 {
      lines.append(
        "  note         the certificate of the last \(report.uncertified) block(s) is not in this database yet")
    }
    if report.ok {
      lines.append(
        "  RESULT       in order: hash chain, certificates, signatures, outcomes, state roots and books all hold")
    } else {
      lines.append("  RESULT       \(report.findings.count) finding(s)")
      for finding in report.findings {
        lines.append("  height \(finding.height)  \(finding.code.rawValue): \(finding.message)")
      }
    }
    return lines.joined(separator: "\n")
  }
}
