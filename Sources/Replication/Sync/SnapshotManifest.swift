import Contracts
import Ledger
import Sodium

/// What a node proves of a height before it gives its state away (C-40): from the genesis to the validators of the time,
/// from their certificate to the header that attests the height, and from that to its state and history.
package struct SnapshotManifest: Equatable, Sendable, CBORCodable {
  /// What the history holds of the height.
  package let leaf: HistoryLeaf
  /// The history before the height.
  package let before: HistoryRange
  /// From the header that attests the height to the one that the certificate finalizes, each the parent of the next.
  package let headers: [Header]
  package let certificate: Certificate
  package let epochs: EpochProof

  static let maximumHeaders = 256

  package init(
    leaf: HistoryLeaf, before: HistoryRange, headers: [Header], certificate: Certificate, epochs: EpochProof
  ) {
    self.leaf = leaf
    self.before = before
    self.headers = headers
    self.certificate = certificate
    self.epochs = epochs
  }

  package var height: UInt64 { leaf.height }

  package enum Fault: Error, Equatable, Sendable {
    case validators
    case certificate
    case headers
    case history
  }

  /// The validators whose certificate it is, when everything follows from the genesis.
  package func verified(
    by genesis: Genesis, checking: any SignatureChecking = Ed25519Signatures()
  ) throws(Fault) -> ValidatorSet {
    let validators: ValidatorSet
    do {
      validators = try epochs.verify(from: genesis.validators, chain: genesis.chain, checking: checking)
    } catch {
      throw .validators
    }
    guard let first = headers.first, let last = headers.last, last.validators == validators.digest,
      case .finalize(let proposal) = certificate.subject, proposal.payload == last.digest,
      certificate.isValid(for: validators, chain: genesis.chain, checking: checking)
    else { throw .certificate }
    for (header, next) in zip(headers, headers.dropFirst()) where next.parent != header.digest { throw .headers }
    var history = before
    guard before.count == leaf.height, leaf.height < HistoryRange.maximumCount - 1 else { throw .history }
    _ = history.append(leaf.digest)
    guard
      first.executed
        == Executed(height: leaf.height, stateRoot: leaf.stateRoot, historyRoot: history.root)
    else { throw .history }
    return validators
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(5)
    writer.value(leaf)
    writer.value(before)
    writer.list(headers)
    writer.value(certificate)
    writer.value(epochs)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(5)
    leaf = try reader.value()
    before = try reader.value()
    headers = try reader.list(upTo: SnapshotManifest.maximumHeaders)
    certificate = try reader.value()
    epochs = try reader.value()
  }
}
