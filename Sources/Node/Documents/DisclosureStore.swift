import Ledger
import LedgerStore
import Sodium

/// Committed members in the open, for the parties alone: a database of its own, apart from the chain, whose entries
/// can be
/// deleted by law without touching any block.
package final class DisclosureStore: Sendable {
  private let database: Database
  private static let disclosed: UInt8 = 1
  private static let undelivered: UInt8 = 2

  package init(path: String) throws(StorageFailure) {
    var options = Database.Options()
    options.cacheBytes = 1 << 20
    options.writeBufferBytes = 1 << 20
    database = try Database(path: path, createIfMissing: true, options: options)
  }

  /// Keeps the disclosures of a document, and notes whose nodes are still to get them.
  func keep(_ disclosures: [String], of document: Digest, for organisations: [String]) throws(StorageFailure) {
    var batch = Batch()
    var writer = CBORWriter()
    writer.array(disclosures.count)
    for text in disclosures { writer.text(text) }
    batch.put([DisclosureStore.disclosed] + document.bytes, writer.bytes)
    for organisation in organisations {
      batch.put(DisclosureStore.pendingKey(organisation, document), [])
    }
    try database.write(batch, sync: true)
  }

  func disclosures(of document: Digest) throws -> [String]? {
    guard let bytes = try database.get([DisclosureStore.disclosed] + document.bytes) else { return nil }
    var reader = CBORReader(bytes)
    var texts: [String] = []
    for _ in 0..<(try reader.array()) { texts.append(try reader.text()) }
    return texts
  }

  /// Documents whose disclosures `organisation` has not confirmed yet, at most `limit`.
  func undelivered(to organisation: String, limit: Int = 256) throws(StorageFailure) -> [Digest] {
    var documents: [Digest] = []
    let prefix = [DisclosureStore.undelivered] + organisation.utf8 + [0]
    try database.forEach(under: prefix) { key, _ throws(StorageFailure) in
      if let document = Digest(key.dropFirst(prefix.count)) { documents.append(document) }
      return documents.count < limit ? .on : .stop
    }
    return documents
  }

  func delivered(_ document: Digest, to organisation: String) throws(StorageFailure) {
    var batch = Batch()
    batch.delete(DisclosureStore.pendingKey(organisation, document))
    try database.write(batch, sync: false)
  }

  /// Forgets what a document disclosed; its digests stay in the block.
  func forget(_ document: Digest) throws(StorageFailure) {
    var batch = Batch()
    batch.delete([DisclosureStore.disclosed] + document.bytes)
    try database.write(batch, sync: true)
    database.compact()
  }

  private static func pendingKey(_ organisation: String, _ document: Digest) -> [UInt8] {
    [undelivered] + organisation.utf8 + [0] + document.bytes
  }
}
