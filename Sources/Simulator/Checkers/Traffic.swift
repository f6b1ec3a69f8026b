/// C-12: whatever has gone wrong before, what is on the wires in one second does not depend on how long it has lasted.
struct Traffic {
  private let maximumParcels: Int
  private var second: Int64 = 0
  private var parcelsBefore = 0

  init(validators: Int) {
    // Every node may say a few hundred things to each other one in a second: blocks take some ten milliseconds.
    maximumParcels = validators * validators * 1_500
  }

  mutating func check(_ cluster: Cluster) -> String? {
    guard cluster.now / 1_000 != second else { return nil }
    let elapsed = cluster.now / 1_000 - second
    let count = cluster.parcels - parcelsBefore
    second = cluster.now / 1_000
    parcelsBefore = cluster.parcels
    guard count > maximumParcels * Int(elapsed) else { return nil }
    return "\(count) messages in \(elapsed) s"
  }
}
