import Ledger
import Sodium

/// What nodes say to each other beside consensus messages.
enum PeerMessage: Sendable, CBORCodable {
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

  static let maximumDocuments = 4096
  static let maximumBlocks = 64

  func encode(to writer: inout CBORWriter) {
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
    }
  }

  init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(2)
    switch try reader.unsigned(upTo: 8) {
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
    default: throw reader.failure(.invalidValue)
    }
  }
}

struct PeerStatus: Equatable, Sendable, CBORCodable {
  let height: UInt64
  let view: UInt64
  let stateRoot: Digest

  init(height: UInt64, view: UInt64, stateRoot: Digest) {
    self.height = height
    self.view = view
    self.stateRoot = stateRoot
  }

  func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.unsigned(height)
    writer.unsigned(view)
    writer.digest(stateRoot)
  }

  init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    height = try reader.unsigned()
    view = try reader.unsigned()
    stateRoot = try reader.digest()
  }
}
