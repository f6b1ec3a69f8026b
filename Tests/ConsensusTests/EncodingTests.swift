import Consensus
import Ledger
import Sodium
import Testing

@Suite("Messages and log records as bytes")
struct EncodingTests {
  static let block = proposal(300, on: 299)
  static let vote = SimulatedKey.vote(.finalize(block), by: 30)
  static let made = certificate(.nullify(view: 7), by: [0, 1, 2])

  @Test(
    "Every message is read back as it was written",
    arguments: [
      Message.vote(vote), .certificate(made), .fetch(views: [1, 70_000, .max]), .fetch(views: []),
      .fetchNewestVote(of: 30, epoch: 70_000), .newestVote(of: 3, epoch: 1, nil, finalization: nil, entry: nil),
      .newestVote(
        of: 30, epoch: 0, vote, finalization: certificate(.finalize(block), by: [4, 5]),
        entry: certificate(.nullify(view: 3), by: [4, 5])),
    ])
  func messages(_ message: Message) throws {
    #expect(try Message(cbor: message.cbor) == message)
    #expect(throws: CBORError.self) { try Message(cbor: message.cbor + [0]) }
    for end in 0..<message.cbor.count {
      #expect(throws: CBORError.self) { try Message(cbor: Array(message.cbor.prefix(end))) }
    }
  }

  @Test("Every log record too", arguments: [LogRecord.vote(vote), .certificate(made), .certified(block)])
  func records(_ record: LogRecord) throws {
    #expect(try LogRecord(cbor: record.cbor) == record)
    #expect(record.view == 300 || record.view == 7)
  }

  @Test("A fetch of more views than anyone serves, and a signer that no epoch has, are refused")
  func bounds() {
    let many = Message.fetch(views: Array(0...16)).cbor
    #expect(throws: CBORError.self) { try Message(cbor: many) }
    #expect(throws: CBORError.self) { try Message(cbor: Message.fetchNewestVote(of: 31, epoch: 0).cbor) }
  }
}
