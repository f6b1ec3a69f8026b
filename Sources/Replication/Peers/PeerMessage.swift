import Ledger
import Sodium

/// What nodes say to each other beside consensus messages.
package enum PeerMessage: Sendable, CBORCodable {
  /// Documents for the pool, each an exact compact JWS.
  case documents([[UInt8]])
  /// A proposed block, or the answer to `fetchBody`.
  case body(Block)
  case fetchBody(Digest)
  /// Finalized blocks from this height on, please.
  case fetchBlocks(from: UInt64)
  case blocks([FinalizedBlock])
  /// Where the sender stands.
  case status(PeerStatus)
  /// Disclosures of a document, for a party's node; answered by `disclosed`.
  case disclose(Digest, [String])
  case disclosed(Digest)
  /// Misbehaviour that the sender has seen, or heard of.
  case evidence([Evidence])
  /// The newest state that the receiver gives away, please; answered by `snapshot` where there is one.
  case fetchSnapshot
  case snapshot(SnapshotManifest)
  case fetchChunk(StateChunkRequest)
  /// Nil when that state is no longer there.
  case chunk(StateChunkRequest, StateChunkAnswer?)
  /// Blocks from this height downwards, please.
  case fetchHistory(from: UInt64)
  case history([FinalizedBlock])

  package static let maximumDocuments = 4096
  package static let maximumBlocks = 64

  package func encode(to writer: inout CBORWriter) {
    writer.array(2)
    switch self {
    case .documents(let documents):
      writer.unsigned(1)
      writer.array(documents.count)
      for document in documents { writer.bytes(document) }
    case .body(let block):
      writer.unsigned(2)
      writer.value(block)
    case .fetchBody(let digest):
      writer.unsigned(3)
      writer.digest(digest)
    case .fetchBlocks(let height):
      writer.unsigned(4)
      writer.unsigned(height)
    case .blocks(let blocks):
      writer.unsigned(5)
      writer.list(blocks)
    case .status(let status):
      writer.unsigned(6)
      writer.value(status)
    case .disclose(let document, let disclosures):
      writer.unsigned(7)
      writer.array(2)
      writer.digest(document)
      writer.array(disclosures.count)
      for disclosure in disclosures { writer.text(disclosure) }
    case .disclosed(let document):
      writer.unsigned(8)
      writer.digest(document)
    case .evidence(let evidence):
      writer.unsigned(9)
      writer.list(evidence)
    case .fetchSnapshot:
      writer.unsigned(10)
      writer.array(0)
    case .snapshot(let manifest):
      writer.unsigned(11)
      writer.value(manifest)
    case .fetchChunk(let request):
      writer.unsigned(12)
      writer.value(request)
    case .chunk(let request, let answer):
      writer.unsigned(13)
      writer.array(2)
      writer.value(request)
      writer.optional(answer) { $0.value($1) }
    case .fetchHistory(let height):
      writer.unsigned(14)
      writer.unsigned(height)
    case .history(let blocks):
      writer.unsigned(15)
      writer.list(blocks)
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    switch try reader.unsigned(upTo: 15) {
    case 1:
      var documents: [[UInt8]] = []
      for _ in 0..<(try reader.array(upTo: PeerMessage.maximumDocuments)) {
        documents.append(try reader.bytes(upTo: SignedDocument.maximumBytes))
      }
      self = .documents(documents)
    case 2: self = .body(try reader.value())
    case 3: self = .fetchBody(try reader.digest())
    case 4: self = .fetchBlocks(from: try reader.unsigned())
    case 5: self = .blocks(try reader.list(upTo: PeerMessage.maximumBlocks))
    case 6: self = .status(try reader.value())
    case 7:
      try reader.structure(2)
      let document = try reader.digest()
      var disclosures: [String] = []
      for _ in 0..<(try reader.array(upTo: 256)) { disclosures.append(try reader.text(upTo: 65_536)) }
      self = .disclose(document, disclosures)
    case 8: self = .disclosed(try reader.digest())
    case 9: self = .evidence(try reader.list(upTo: Block.maximumEvidence))
    case 10:
      try reader.structure(0)
      self = .fetchSnapshot
    case 11: self = .snapshot(try reader.value())
    case 12: self = .fetchChunk(try reader.value())
    case 13:
      try reader.structure(2)
      let request: StateChunkRequest = try reader.value()
      self = .chunk(request, try reader.optional { (reader) throws(CBORError) in try reader.value() })
    case 14: self = .fetchHistory(from: try reader.unsigned())
    case 15: self = .history(try reader.list(upTo: PeerMessage.maximumBlocks))
    default: throw reader.failure(.invalidValue)
    }
  }
}

package struct PeerStatus: Equatable, Sendable, CBORCodable {
  /// The epoch that it is in, and its view there.
  package let epoch: UInt64
  package let view: UInt64
  /// Of the newest executed block.
  package let height: UInt64
  /// The lowest height whose block it keeps.
  package let oldest: UInt64
  package let stateRoot: Digest
  /// Milliseconds since 1970 by the sender's own clock.
  package let wall: Int64

  package init(epoch: UInt64, view: UInt64, height: UInt64, oldest: UInt64, stateRoot: Digest, wall: Int64) {
    self.epoch = epoch
    self.view = view
    self.height = height
    self.oldest = oldest
    self.stateRoot = stateRoot
    self.wall = wall
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(6)
    writer.unsigned(epoch)
    writer.unsigned(view)
    writer.unsigned(height)
    writer.unsigned(oldest)
    writer.digest(stateRoot)
    writer.integer(wall)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(6)
    epoch = try reader.unsigned()
    view = try reader.unsigned()
    height = try reader.unsigned()
    oldest = try reader.unsigned()
    stateRoot = try reader.digest()
    wall = try reader.integer()
  }
}
