import Ledger
import Sodium

/// The first frame in each direction: who speaks is known from TLS, this says what about.
struct Hello: Equatable, CBORCodable {
  let version: UInt64
  let chain: Digest
  /// Whatever the owner tells a new peer, such as its height.
  let greeting: [UInt8]

  static let maximumGreetingBytes = 2 << 10

  init(version: UInt64, chain: Digest, greeting: [UInt8]) {
    precondition(greeting.count <= Hello.maximumGreetingBytes)
    self.version = version
    self.chain = chain
    self.greeting = greeting
  }

  func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.unsigned(version)
    writer.digest(chain)
    writer.bytes(greeting)
  }

  init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    version = try reader.unsigned()
    chain = try reader.digest()
    greeting = try reader.bytes(upTo: Hello.maximumGreetingBytes)
  }
}
