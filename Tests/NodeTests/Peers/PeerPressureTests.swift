import NIOCore
import Node
import Sodium
import Testing

@Suite("A slow peer costs little, and delays no vote")
struct PeerPressureTests {
  static let body = [UInt8](repeating: 1, count: 16 << 20)

  @Test("What waits for a peer that stopped reading is bounded (N-6, N-10)")
  func stoppedReceiver() async throws {
    let pair = try await Pair(secondHolds: true) { $0.maximumHeldBytes = 1 }
    let bound = PeerSettings(listen: .init(host: "", port: 0), chain: .zero).queueLimits[2].bytes
    #expect(pair.first.network.send(PeerPressureTests.body, on: .bodies, to: pair.second.key))
    try await eventually("one has arrived") { pair.second.messages(on: .bodies).count == 1 }
    // The reader has stopped: the kernel's buffers fill, then the queue, and however often the sender tries, no more
    // goes.
    var sent = 1
    for _ in 0..<300 {
      if pair.first.network.send(PeerPressureTests.body, on: .bodies, to: pair.second.key) { sent += 1 }
      #expect(pair.first.network.peers[0].queuedBytes <= bound)
      try #require(sent <= 7)
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(pair.first.network.counters.dropped[2] == 301 - sent)
    #expect(pair.second.messages(on: .bodies).count == 1)
    pair.second.release()
    try await eventually("the rest has arrived") { pair.second.messages(on: .bodies).count == sent }
    await pair.stop()
  }

  @Test("A vote overtakes the bodies that wait (N-5)")
  func votesOvertake() async throws {
    let pair = try await Pair(secondHolds: true) { $0.maximumHeldBytes = 1 }
    #expect(pair.first.network.send(PeerPressureTests.body, on: .bodies, to: pair.second.key))
    try await eventually("one has arrived") { pair.second.messages(on: .bodies).count == 1 }
    for _ in 0..<3 { #expect(pair.first.network.send(PeerPressureTests.body, on: .bodies, to: pair.second.key)) }
    #expect(pair.first.network.send([9], on: .consensus, to: pair.second.key))
    pair.second.release()
    try await eventually("all have arrived") { pair.second.told.withLock { $0.messages.count } == 5 }
    let order = pair.second.told.withLock { $0.messages.map(\.channel) }
    let vote = try #require(order.firstIndex(of: .consensus))
    #expect(vote < 3)
    await pair.stop()
  }

  @Test("Messages from many threads all arrive")
  func manySenders() async throws {
    let pair = try await Pair()
    await withTaskGroup { group in
      for sender in UInt8(0)..<8 {
        group.addTask {
          for number in UInt8(0)..<100 { pair.first.network.send([sender, number], on: .control, to: pair.second.key) }
        }
      }
    }
    try await eventually("all have arrived") { pair.second.messages(on: .control).count == 800 }
    for sender in UInt8(0)..<8 {
      #expect(pair.second.messages(on: .control).filter { $0[0] == sender }.map { $0[1] } == Array(0..<100))
    }
    await pair.stop()
  }
}
