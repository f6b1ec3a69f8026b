/// What can befall a simulated network. A fault is counted when it has really happened: an episode of loss when a
/// message was lost in it, a failed sync when something was synced.
package enum FaultKind: String, CaseIterable, Sendable {
  case loss
  case duplication
  case reordering
  case delay
  case partition
  case oneWay
  case starvation
  case slowNode
  case crash
  case crashAtWrite
  case crashAll
  case lostWrite
  case tornWrite
  case failedSync
  case fullDisk
  case bitRot
  case clockSkew
  case clockJump
  case pause
  case wipe
  case oldBackup
  case slowExecution
  case byzantine
  case twins
  case validatorChange
}

/// How often each kind has happened.
package struct FaultCounts: Sendable {
  package private(set) var counts = Array(repeating: 0, count: FaultKind.allCases.count)
  private static let places = Dictionary(
    uniqueKeysWithValues: FaultKind.allCases.enumerated().map { ($1, $0) })

  mutating func add(_ kind: FaultKind, _ count: Int = 1) { counts[FaultCounts.places[kind]!] += count }

  package mutating func add(_ other: FaultCounts) {
    for place in counts.indices { counts[place] += other.counts[place] }
  }

  package var total: Int { counts.reduce(0, +) }
  package var byKind: [(kind: FaultKind, count: Int)] { Array(zip(FaultKind.allCases, counts)) }
}
