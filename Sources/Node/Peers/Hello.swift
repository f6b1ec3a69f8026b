import Ledger
import Sodium

/// The first frame in each direction: who speaks is known from TLS, this says what about.
struct Hello: Equatable, CBORCodable {
  let version: UInt64
  let chain: Digest
  /// Whatever the owner tells a new peer, such as its height.
  let greeting: [UInt8]
  /// A random number of the speaker's process: two processes may have one key (N-2).
  let instance: UInt64

  static let maximumGreetingBytes = 2 << 10

  init(version: UInt64, chain: Digest, greeting: [UInt8], instance: UInt64) {
    precondition(greeting.count <= Hello.maximumGreetingBytes)
    self.version = version
    self.chain = chain
    self.greeting = greeting
    self.instance = instance
  }

  func encode(to writer: inout CBORWriter) {
    writer.array(4)
    writer.unsigned(version)
    writer.digest(chain)
    writer.bytes(greeting)
    writer.unsigned(instance)
  }

  init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(4)
    version = try reader.unsigned()
    chain = try reader.digest()
    greeting = try reader.bytes(upTo: Hello.maximumGreetingBytes)
    instance = try reader.unsigned()
  }
}
