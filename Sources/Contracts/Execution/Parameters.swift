import Ledger
import Sodium

/// What all nodes must share, fixed in genesis and kept in the state: never in a local file.
package struct Parameters: StateObject, Equatable {
  /// Organisations of the governance board, and how many of them an act needs.
  package var board: [String]
  package var boardThreshold: Int
  /// Bounds of one block.
  package var blockDocuments: Int
  package var blockBytes: Int
  /// The most documents of one issuer in one block.
  package var issuerQuota: Int
  /// L: a block may be at most this far ahead of the newest executed height that it attests.
  package var executionLag: UInt64
  /// The longest time between `iat` and `exp`, in seconds.
  package var documentValiditySeconds: Int64
  /// How far a block's time may be ahead of a validator's clock, in milliseconds of network time.
  package var clockDriftMilliseconds: Int64
  /// Δ, the bound of message delay, in milliseconds of real time.
  package var deltaMilliseconds: Int64
  /// One empty block is made after this much quiet, in milliseconds of real time.
  package var idleIntervalMilliseconds: Int64
  /// The smallest piece of a certificate, in minor units, and the most pieces that one may have.
  package var smallestPiece: Int64
  package var pieces: Int
  /// The longest time from issue to maturity of a certificate, in days.
  package var maximumTenorDays: Int64
  /// The least time between a financing request and its deadline for offers, in seconds of network time.
  package var offerWindowSeconds: Int64

  package static let id = "parameters"
  package static var table: StateTable { .parameters }
  package var stateID: String { Parameters.id }

  package init(
    board: [String], boardThreshold: Int, blockDocuments: Int = 4096, blockBytes: Int = 4 << 20,
    issuerQuota: Int = 4096,
    executionLag: UInt64 = 8, documentValiditySeconds: Int64 = 86_400, clockDriftMilliseconds: Int64 = 500,
    deltaMilliseconds: Int64 = 500, idleIntervalMilliseconds: Int64 = 60_000, smallestPiece: Int64 = 1,
    pieces: Int = 1024, maximumTenorDays: Int64 = 365, offerWindowSeconds: Int64 = 60
  ) {
    self.board = board
    self.boardThreshold = boardThreshold
    self.blockDocuments = blockDocuments
    self.blockBytes = blockBytes
    self.issuerQuota = issuerQuota
    self.executionLag = executionLag
    self.documentValiditySeconds = documentValiditySeconds
    self.clockDriftMilliseconds = clockDriftMilliseconds
    self.deltaMilliseconds = deltaMilliseconds
    self.idleIntervalMilliseconds = idleIntervalMilliseconds
    self.smallestPiece = smallestPiece
    self.pieces = pieces
    self.maximumTenorDays = maximumTenorDays
    self.offerWindowSeconds = offerWindowSeconds
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(14)
    writer.array(board.count)
    for organisation in board { writer.text(organisation) }
    writer.unsigned(UInt64(boardThreshold))
    writer.unsigned(UInt64(blockDocuments))
    writer.unsigned(UInt64(blockBytes))
    writer.unsigned(UInt64(issuerQuota))
    writer.unsigned(executionLag)
    writer.integer(documentValiditySeconds)
    writer.integer(clockDriftMilliseconds)
    writer.integer(deltaMilliseconds)
    writer.integer(idleIntervalMilliseconds)
    writer.integer(smallestPiece)
    writer.unsigned(UInt64(pieces))
    writer.integer(maximumTenorDays)
    writer.integer(offerWindowSeconds)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(14)
    board = []
    for _ in 0..<(try reader.array(upTo: 64)) { board.append(try reader.text()) }
    boardThreshold = Int(try reader.unsigned(upTo: 64))
    blockDocuments = Int(try reader.unsigned(upTo: 1 << 20))
    blockBytes = Int(try reader.unsigned(upTo: 1 << 30))
    issuerQuota = Int(try reader.unsigned(upTo: 1 << 20))
    executionLag = try reader.unsigned()
    documentValiditySeconds = try reader.integer()
    clockDriftMilliseconds = try reader.integer()
    deltaMilliseconds = try reader.integer()
    idleIntervalMilliseconds = try reader.integer()
    smallestPiece = try reader.integer()
    pieces = Int(try reader.unsigned(upTo: 1 << 20))
    maximumTenorDays = try reader.integer()
    offerWindowSeconds = try reader.integer()
  }
}
