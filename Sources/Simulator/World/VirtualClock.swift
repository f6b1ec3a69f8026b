import Replication

/// The clock on one node's wall: the world's time, and how far it is wrong. Confined to the thread of its seed.
final class VirtualClock: @unchecked Sendable {
  /// Milliseconds since 1970 at which every world begins.
  static let epoch: Int64 = 1_767_571_200_000

  /// The world's time, in milliseconds since its beginning.
  var now: Int64 = 0
  /// How far this clock is ahead.
  var offset: Int64 = 0

  var wall: Int64 { VirtualClock.epoch + now + offset }

  /// The network's time as this node sees it.
  func networkClock(rate: Int64) -> NetworkClock {
    NetworkClock(originMilliseconds: VirtualClock.epoch, rate: rate) { [self] in wall }
  }
}
