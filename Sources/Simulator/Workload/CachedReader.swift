import Contracts
import Ledger
import Replication
import Sodium
import Synchronization

/// Reads each document and checks its signature once in a process: what nodes do most, and always with the same result.
///
/// What was read before any seed began is looked up without a lock.
final class CachedReader: DocumentReading, @unchecked Sendable {
  private let registry: ActRegistry
  private var known: [Digest: SignedDocument] = [:]
  private var admitted: [Key: Result<AdmittedDocument, Violations>] = [:]
  private let late = Mutex<[Key: Result<AdmittedDocument, Violations>]>([:])

  private struct Key: Hashable {
    let leaf: Digest
    let publicKey: PublicKey
    let addedAt: UInt64
  }

  init(registry: ActRegistry) { self.registry = registry }

  /// Only before the first seed begins.
  func read(_ bytes: [UInt8]) {
    guard let document = try? SignedDocument(bytes) else { return }
    known[document.leaf] = document
    let publicKey = Cast.key("\(document.key.member)/\(document.key.name)").publicKey
    let key = Key(leaf: document.leaf, publicKey: publicKey, addedAt: 0)
    admitted[key] = check(document, publicKey, addedAt: 0)
  }

  func document(_ bytes: [UInt8]) throws(Violations) -> SignedDocument {
    if let document = known[Digest(.treeLeaf, of: bytes)] { return document }
    return try SignedDocument(bytes)
  }

  func admitted(_ document: SignedDocument, by key: KeyRecord) throws(Violations) -> AdmittedDocument {
    let place = Key(leaf: document.leaf, publicKey: key.publicKey, addedAt: key.addedAt)
    if let result = admitted[place] { return try result.get() }
    if let result = late.withLock({ $0[place] }) { return try result.get() }
    let result = check(document, key.publicKey, addedAt: key.addedAt)
    late.withLock { if $0.count < 100_000 { $0[place] = result } }
    return try result.get()
  }

  private func check(
    _ document: SignedDocument, _ publicKey: PublicKey, addedAt: UInt64
  ) -> Result<AdmittedDocument, Violations> {
    do throws(Violations) {
      let verified = try document.verified(by: publicKey)
      return .success(try AdmittedDocument(verified, keyAddedAt: addedAt, registry: registry))
    } catch {
      return .failure(error)
    }
  }
}
