import Ledger
import LedgerStore
import Sodium
import Synchronization

/// Committed members in the open, for the parties alone: a database of its own, apart from the chain, whose entries
/// can be
/// deleted by law without touching any block.
package final class DisclosureStore: Sendable {
  private let database: Database
  /// Reading what is known and writing it back are one step.
  private let adding = Mutex(())
  private static let disclosed: UInt8 = 1
  private static let undelivered: UInt8 = 2

  package init(path: String) throws(StorageFailure) {
    var options = Database.Options()
    options.cacheBytes = 1 << 20
    options.writeBufferBytes = 1 << 20
    database = try Database(path: path, createIfMissing: true, options: options)
  }

  /// Adds disclosures to those of a document, and notes which nodes are still to get them. What is known is kept: a
  /// later transmission with fewer of them takes nothing away.
  func keep(_ disclosures: [String], of document: Digest, for nodes: [PublicKey]) throws {
    try adding.withLock { _ in
      let known = try self.disclosures(of: document) ?? []
      let all = known + disclosures.filter { !known.contains($0) }
      guard all.count > known.count else { return }
      var batch = Batch()
      var writer = CBORWriter()
      writer.array(all.count)
      for text in all { writer.text(text) }
      batch.put([DisclosureStore.disclosed] + document.bytes, writer.bytes)
      for node in nodes { batch.put(DisclosureStore.pendingKey(node, document), []) }
      try database.write(batch, sync: true)
    }
  }

  func disclosures(of document: Digest) throws -> [String]? {
    guard let bytes = try database.get([DisclosureStore.disclosed] + document.bytes) else { return nil }
    var reader = CBORReader(bytes)
    var texts: [String] = []
    for _ in 0..<(try reader.array()) { texts.append(try reader.text()) }
    return texts
  }

  /// Documents whose disclosures a node has not confirmed yet, at most `limit`.
  func undelivered(to node: PublicKey, limit: Int = 256) throws(StorageFailure) -> [Digest] {
    var documents: [Digest] = []
    let prefix = [DisclosureStore.undelivered] + node.bytes
    try database.forEach(under: prefix) { key, _ throws(StorageFailure) in
      if let document = Digest(key.dropFirst(prefix.count)) { documents.append(document) }
      return documents.count < limit ? .on : .stop
    }
    return documents
  }

  func delivered(_ document: Digest, to node: PublicKey) throws(StorageFailure) {
    var batch = Batch()
    batch.delete(DisclosureStore.pendingKey(node, document))
    try database.write(batch, sync: false)
  }

  /// Forgets what a document disclosed; its digests stay in the block.
  func forget(_ document: Digest) throws(StorageFailure) {
    var batch = Batch()
    batch.delete([DisclosureStore.disclosed] + document.bytes)
    try database.write(batch, sync: true)
    database.compact()
  }

  private static func pendingKey(_ node: PublicKey, _ document: Digest) -> [UInt8] {
    [undelivered] + node.bytes + document.bytes
  }
}
