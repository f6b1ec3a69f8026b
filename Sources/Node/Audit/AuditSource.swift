import AsyncHTTPClient
import Contracts
import Foundation
import Ledger
import LedgerStore
import NIOCore
import Replication
import Sodium

/// Where an audit reads a chain. Nothing that comes from it is believed.
protocol AuditSource {
  var genesis: Genesis { get }
  var height: UInt64 { get }
  func block(at height: UInt64) async throws -> FinalizedBlock?
  /// What the source itself holds of a height, to be compared; nil when it does not give it.
  func outcomes(at height: UInt64) async throws -> [OutcomeRecord]?
  func leaf(at height: UInt64) async throws -> HistoryLeaf?
  /// Where the source would look for a document, by its id and by its jti: faults of these indexes.
  func indexFaults(of block: Block) async throws -> [AuditFault]
  /// Nodes of the stored history that are not these.
  func historyFaults(_ nodes: [(position: UInt64, digest: Digest)], at height: UInt64) async throws -> [AuditFault]
  /// What cannot be compared block by block: surplus entries of the indexes, and the whole state tree.
  func surplusFaults(documents: Int, stateRoot: Digest, at height: UInt64) async throws -> [AuditFault]
  /// Where the source itself says that its chain ends; nil when it does not give it.
  func head() async throws -> ChainHead?
  /// Every state value the source holds; nil when it does not give them.
  func state() async throws -> [StateChange]?
}

/// A node's database, opened here: the node does not run, or this is a checkpoint of it.
final class DatabaseSource: AuditSource {
  let genesis: Genesis
  let height: UInt64
  private let database: Database

  init(path: String, genesis: Genesis) throws {
    self.genesis = genesis
    do {
      database = try Database(path: path, createIfMissing: false)
    } catch {
      throw error.kind == .corruption
        ? AuditFault(.unreadable, 0, error.message) : NodeFailure.storage(error.message) as any Error
    }
    let format: [UInt8]?
    do {
      format = try database.get(.format)
    } catch {
      throw AuditFault(.unreadable, 0, error.message)
    }
    guard let format else { throw AuditFault(.missing, 0, "the database has no format entry") }
    guard format == ChainStore.format + genesis.chain.bytes else {
      throw NodeFailure.otherNetwork(path: path, network: genesis.network)
    }
    if let oldest = try database.number(.oldestHeight), oldest > 1 {
      throw NodeFailure.configuration(
        path: path, "it keeps blocks from height \(oldest) on; audit a node that keeps all blocks, here or with --url")
    }
    // The highest height that anything speaks of: neither a head that was set back nor a block that is gone hides it.
    var newest: UInt64 = 0
    do {
      for table in [StoreKey.Table.block, .finalization, .outcomes, .leaf] {
        switch try database.last(under: table.prefix).flatMap({ StoreKey($0.key) }) {
        case .block(let height), .finalization(let height), .outcomes(let height), .leaf(let height):
          newest = max(newest, height)
        default: break
        }
      }
    } catch {
      throw AuditFault(.unreadable, 0, error.message)
    }
    height = newest
  }

  private func read<T: CBORCodable>(_ key: StoreKey, at height: UInt64, _ type: T.Type) throws -> T? {
    do {
      return try database.get(key).map { try T(cbor: $0) }
    } catch let failure as StorageFailure {
      throw AuditFault(.unreadable, height, failure.message)
    } catch {
      throw AuditFault(.malformed, height, "\(key.table): \(error)")
    }
  }

  func block(at height: UInt64) throws -> FinalizedBlock? {
    guard let block = try read(.block(height: height), at: height, Block.self),
      let finality = try read(.finalization(height: height), at: height, Finality.self)
    else { return nil }
    return FinalizedBlock(block: block, finality: finality)
  }

  func outcomes(at height: UInt64) throws -> [OutcomeRecord]? {
    struct Outcomes: CBORCodable {
      let records: [OutcomeRecord]
      func encode(to writer: inout CBORWriter) { writer.list(records) }
      init(from reader: inout CBORReader) throws(CBORError) { records = try reader.list() }
    }
    guard let outcomes = try read(.outcomes(height: height), at: height, Outcomes.self) else {
      throw AuditFault(.missing, height, "the outcomes are not there")
    }
    return outcomes.records
  }

  func leaf(at height: UInt64) throws -> HistoryLeaf? {
    guard let leaf = try read(.leaf(height: height), at: height, HistoryLeaf.self) else {
      throw AuditFault(.missing, height, "the history's leaf is not there")
    }
    return leaf
  }

  func head() throws -> ChainHead? {
    guard let head = try read(.marker(.executedHeight), at: height, ChainHead.self) else {
      throw AuditFault(.missing, height, "the chain's head is not there")
    }
    return head
  }

  func historyFaults(_ nodes: [(position: UInt64, digest: Digest)], at height: UInt64) throws -> [AuditFault] {
    for (position, digest) in nodes {
      do {
        guard try database.get(.history(position)) == digest.bytes else {
          return [AuditFault(.index, height, "history node \(position) is not what performing it again gives")]
        }
      } catch {
        throw AuditFault(.unreadable, height, error.message)
      }
    }
    return []
  }

  func surplusFaults(documents: Int, stateRoot: Digest, at height: UInt64) throws -> [AuditFault] {
    for table in [StoreKey.Table.location, .replay] {
      var count = 0
      do {
        try database.forEach(under: table.prefix, fillsCache: false) { _, _ throws(StorageFailure) in
          count += 1
          return .on
        }
      } catch {
        throw AuditFault(.unreadable, height, error.message)
      }
      // A pair that was used again once it had expired has one entry for two documents.
      guard count == documents || table == .replay && count < documents else {
        return [AuditFault(.index, height, "\(count) entries of the table \(table) for \(documents) documents")]
      }
    }
    if let fault = try pathFault(at: height) { return [fault] }
    do {
      let version = try head()?.stateVersion
      guard
        try StateTree.audit(
          root: version,
          reader: TreeNodes { key throws(StateTreeFailure) in
            do throws(StorageFailure) {
              return try self.database.get(.treeNode(key.bytes))
            } catch {
              throw .unreadable(key)
            }
          }
        ).root == stateRoot
      else {
        return [AuditFault(.stateRoot, height, "the stored state tree has another root")]
      }
    } catch let failure as StateTreeFailure {
      return [AuditFault(.stateRoot, height, "the stored state tree is not whole: \(failure)")]
    }
    return []
  }

  /// Paths lead to the keys of the state, each to its own, and to all of them.
  private func pathFault(at height: UInt64) throws -> AuditFault? {
    var (paths, keys, wrong) = (0, 0, 0)
    do {
      try database.forEach(under: StoreKey.Table.statePath.prefix, fillsCache: false) {
        bytes, key throws(StorageFailure) in
        paths += 1
        if StoreKey(bytes) != .statePath(StateTree.path(ofKey: key)) { wrong += 1 }
        return .on
      }
      try database.forEach(under: StoreKey.Table.state.prefix, fillsCache: false) { _, _ throws(StorageFailure) in
        keys += 1
        return .on
      }
    } catch {
      throw AuditFault(.unreadable, height, error.message)
    }
    guard wrong > 0 || paths != keys else { return nil }
    return AuditFault(.index, height, "\(paths) paths, \(wrong) of them wrong, for \(keys) keys of the state")
  }

  func indexFaults(of block: Block) throws -> [AuditFault] {
    let height = block.header.height
    for (index, bytes) in block.documents.enumerated() {
      guard let signed = try? SignedDocument(bytes) else { continue }
      let envelope = signed.envelope
      let key = StoreKey.replay(issuer: envelope.issuer, jti: envelope.jti)
      let use = JTIUse(document: signed.id, height: height, expiresAt: envelope.expiresAt)
      guard
        try read(.location(signed.id), at: height, DocumentLocation.self)
          == DocumentLocation(height: height, index: index),
        // Once it has expired another document may have used it again.
        let stored = try read(key, at: height, JTIUse.self), stored == use || stored.height > height
      else { return [AuditFault(.index, height, "document \(index) is not found where it stands")] }
    }
    return []
  }

  func state() throws -> [StateChange]? {
    var values: [StateChange] = []
    do {
      try database.forEach(under: StoreKey.Table.state.prefix, fillsCache: false) { key, value throws(StorageFailure) in
        values.append(StateChange(key: Array(key.dropFirst()), value: value))
        return .on
      }
    } catch {
      throw AuditFault(.unreadable, height, error.message)
    }
    return values
  }
}

/// The stored nodes of the state tree.
private struct TreeNodes: StateTreeReader {
  let read: (NodeKey) throws(StateTreeFailure) -> [UInt8]?

  func node(_ key: NodeKey) throws(StateTreeFailure) -> [UInt8]? { try read(key) }
}

/// A node that is followed over HTTP.
final class RemoteSource: AuditSource {
  let genesis: Genesis
  let height: UInt64
  private let url: String
  private var fetched: [UInt64: FinalizedBlock] = [:]

  init(url: String, genesis: Genesis) async throws {
    self.url = url
    self.genesis = genesis
    guard try await RemoteSource.get(url + "/v1/genesis") == genesis.bytes else {
      throw NodeFailure.otherNetwork(path: url, network: genesis.network)
    }
    let status = try JSON.parse(try await RemoteSource.get(url + "/v1/status"))
    guard let height = status["height"]?.integer, height >= 0 else {
      throw NodeFailure.damaged("\(url) tells no height")
    }
    self.height = UInt64(height)
  }

  private static func get(_ url: String) async throws -> [UInt8] {
    let response: HTTPClientResponse
    do {
      response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(30))
    } catch {
      throw NodeFailure.missing(path: url, "No node answers there (\(error))")
    }
    guard response.status.code == 200 else {
      throw NodeFailure.missing(path: url, "The node answered \(response.status.code)")
    }
    return Array(try await response.body.collect(upTo: 64 << 20).readableBytesView)
  }

  /// Asks a running node for a copy of its ledger.
  static func checkpoint(_ url: String, token: String) async throws -> String {
    var request = HTTPClientRequest(url: url + "/v1/checkpoints")
    request.method = .POST
    request.headers.add(name: "authorization", value: "Bearer \(token)")
    let response = try await HTTPClient.shared.execute(request, timeout: .minutes(10))
    let body = Array(try await response.body.collect(upTo: 1 << 16).readableBytesView)
    guard response.status.code == 200, let path = try JSON.parse(body)["path"]?.string else {
      throw NodeFailure.missing(path: url, "The running node gave no checkpoint (\(response.status.code))")
    }
    return path
  }

  func block(at height: UInt64) async throws -> FinalizedBlock? {
    if let block = fetched.removeValue(forKey: height) { return block }
    fetched = [:]
    var reader = CBORReader(try await RemoteSource.get("\(url)/v1/export/blocks/\(height)"))
    var next = height
    while !reader.isAtEnd {
      do {
        fetched[next] = try FinalizedBlock(cbor: try reader.bytes())
      } catch {
        throw AuditFault(.malformed, next, "the block cannot be read: \(error)")
      }
      next += 1
    }
    return fetched.removeValue(forKey: height)
  }

  func outcomes(at height: UInt64) -> [OutcomeRecord]? { nil }
  func historyFaults(_ nodes: [(position: UInt64, digest: Digest)], at height: UInt64) -> [AuditFault] { [] }
  func surplusFaults(documents: Int, stateRoot: Digest, at height: UInt64) -> [AuditFault] { [] }
  func indexFaults(of block: Block) -> [AuditFault] { [] }
  func leaf(at height: UInt64) -> HistoryLeaf? { nil }
  func head() -> ChainHead? { nil }
  func state() -> [StateChange]? { nil }
}

/// What an audit found: a code for programs, the height, and a sentence.
package struct AuditFault: Error, Equatable, Sendable {
  package enum Code: String, CaseIterable, Sendable {
    case missing
    case unreadable
    case malformed
    case genesis
    case chain
    case header
    case time
    case documents
    case certificate
    case signature
    case replay
    case outcome
    case index
    case stateRoot
    case attestation
    case books
    case storedState
  }

  package let code: Code
  package let height: UInt64
  package let message: String

  package init(_ code: Code, _ height: UInt64, _ message: String) {
    self.code = code
    self.height = height
    self.message = message
  }

  package var json: JSON {
    ["height": .integer(Int64(height)), "code": .string(code.rawValue), "message": .string(message)]
  }
}
