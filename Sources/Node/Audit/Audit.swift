import Contracts
import Financing
import Foundation
import Ledger
import LedgerStore
import Replication
import Sodium

/// Checks a chain from genesis on and trusts nothing but the genesis file: hash chain, certificates, every signature,
/// every
/// outcome by performing it again, every state root, and the books.
package struct Audit {
  package struct Report: Sendable {
    package let network: String
    /// The hash of the genesis under which everything was checked.
    package let chain: Digest
    package let height: UInt64
    package let documents: Int
    package let refused: Int
    package let stateRoot: Digest
    /// Blocks at the end whose certificate the source does not hold (yet).
    package let uncertified: Int
    package let findings: [AuditFault]
    package var ok: Bool { findings.isEmpty }

    package var json: JSON {
      [
        "ok": .bool(ok), "network": .string(network), "chain": .string("\(chain)"), "height": .integer(Int64(height)),
        "certifiedHeight": .integer(Int64(height) - Int64(uncertified)),
        "documents": .integer(Int64(documents)), "refused": .integer(Int64(refused)),
        "stateRoot": .string("\(stateRoot)"),
        "uncertified": .integer(Int64(uncertified)), "findings": .array(findings.map(\.json)),
      ]
    }
  }

  /// Audits the ledger in a home folder. A running node is asked for a checkpoint, since LevelDB lets one process in.
  package static func home(_ home: NodeHome, progress: (UInt64, UInt64) -> Void) async throws -> Report {
    let genesis = try home.readGenesis()
    guard FileManager.default.fileExists(atPath: home.ledger) else {
      throw NodeFailure.missing(path: home.ledger, "The node has not run in this folder yet")
    }
    do {
      _ = try HomeLock(folder: home.path)
    } catch  where error.kind == .locked {
      let checkpoint = try await askForCheckpoint(home)
      defer { try? FileManager.default.removeItem(atPath: checkpoint) }
      return try await database(checkpoint, genesis, progress)
    } catch {
      throw NodeFailure.storage(error.message)
    }
    return try await database(home.ledger, genesis, progress)
  }

  private static func database(
    _ path: String, _ genesis: Genesis, _ progress: (UInt64, UInt64) -> Void
  ) async throws -> Report {
    do {
      return try await run(try DatabaseSource(path: path, genesis: genesis), progress)
    } catch let fault as AuditFault {
      return Report(
        network: genesis.network, chain: genesis.chain, height: 0, documents: 0, refused: 0, stateRoot: .zero,
        uncertified: 0,
        findings: [fault])
    }
  }

  /// Follows a node over HTTP. The genesis comes from the auditor, not from the node that is audited.
  package static func url(
    _ url: String, genesis: Genesis, progress: (UInt64, UInt64) -> Void
  ) async throws -> Report {
    try await run(try await RemoteSource(url: url, genesis: genesis), progress)
  }

  static let maximumFindings = 50

  private static func run(_ source: any AuditSource, _ progress: (UInt64, UInt64) -> Void) async throws -> Report {
    var replay = AuditReplay(genesis: source.genesis)
    var findings: [AuditFault] = []
    var height: UInt64 = 0
    do {
      if let leaf = try await source.leaf(at: 0) { try replay.compare(leaf, at: 0) }
      while height < source.height, findings.count < maximumFindings {
        let next = height + 1
        guard let block = try await source.block(at: next) else {
          throw AuditFault(.missing, next, "the block is not there, though later ones are")
        }
        findings += try replay.take(
          block, outcomes: try await source.outcomes(at: next), leaf: try await source.leaf(at: next))
        findings += try await source.historyFaults(replay.historyNodes, at: next)
        findings += try await source.indexFaults(of: block.block)
        height = next
        if height.isMultiple(of: 64) || height == source.height { progress(height, source.height) }
      }
      if replay.uncertified > Int(source.genesis.parameters.executionLag) {
        findings.append(
          AuditFault(.certificate, height, "no certificate covers the last \(replay.uncertified) blocks"))
      }
      if findings.isEmpty {
        findings += replay.booksFaults
        if let head = try await source.head() { try replay.compare(head) }
        if let stored = try await source.state() { findings += replay.differences(from: stored) }
      }
      if findings.isEmpty {
        findings += try await source.surplusFaults(
          documents: replay.documents, stateRoot: replay.stateRoot, at: height)
      }
    } catch let fault as AuditFault {
      findings.append(fault)
    }
    return Report(
      network: source.genesis.network, chain: source.genesis.chain, height: height, documents: replay.documents,
      refused: replay.refused,
      stateRoot: replay.stateRoot, uncertified: replay.uncertified, findings: findings)
  }

  private static func askForCheckpoint(_ home: NodeHome) async throws -> String {
    let bytes = try NodeHome.read(home.control, advice: "The home folder is locked, but no node says how to reach it")
    guard let json = try? JSON.parse(bytes), let url = json["url"]?.string, let token = json["token"]?.string else {
      throw NodeFailure.configuration(path: home.control, "it cannot be read")
    }
    return try await RemoteSource.checkpoint(url, token: token)
  }
}
