import Contracts
import Glibc

/// The network's time: the machine's clock, or, where a development genesis says so, one that runs faster.
package struct NetworkClock: Sendable {
  /// Milliseconds since 1970 from which network time runs `rate` times as fast as the clock.
  package let origin: Int64
  package let rate: Int64
  private let machine: @Sendable () -> Int64

  /// `machine` tells the milliseconds since 1970 by this node's own clock.
  package init(
    originMilliseconds: Int64 = 0, rate: Int64 = 1, machine: @escaping @Sendable () -> Int64 = { NetworkClock.wall }
  ) {
    origin = originMilliseconds
    self.rate = rate
    self.machine = machine
  }

  package var now: Int64 { at(machine()) }

  /// Milliseconds since 1970 by this node's own clock.
  package var wall: Int64 { machine() }

  package func at(_ wall: Int64) -> Int64 {
    guard rate > 1, wall > origin else { return wall }
    let (elapsed, overflow) = (wall - origin).multipliedReportingOverflow(by: rate)
    return overflow ? .max : origin.addingReportingOverflow(elapsed).partialValue
  }

  /// How long the clock on the wall takes for `milliseconds` of network time.
  package func wallMilliseconds(for milliseconds: Int64) -> Int64 { (milliseconds + rate - 1) / rate }

  /// Milliseconds since 1970 by the machine's clock.
  package static var wall: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
