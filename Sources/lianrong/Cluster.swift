import Client
import Foundation
import Ledger
import Node
import Replication

/// A network of node processes on this machine.
struct Cluster {
  let setup: NetworkSetup
  let network: LocalNetwork

  /// `ports` are where HTTP and peer ports begin if they are free; others are taken otherwise.
  static func create(plan bytes: [UInt8], in folder: String, ports: (http: Int, peer: Int)) throws -> Cluster {
    var plan = try NetworkPlan(json: bytes)
    let count = plan.validators.count + plan.observers.count
    var http = LocalNetwork.freePorts(count, preferring: ports.http)
    var peer = LocalNetwork.freePorts(count, preferring: ports.peer)
    plan = plan.withPorts { (http.removeFirst(), peer.removeFirst()) }
    let setup = try NetworkSetup.create(plan, in: folder, nowMilliseconds: NetworkClock.wall, passphrase: nil)
    let seats = try (setup.validators + setup.observers).map { home in
      LocalNetwork.Seat(
        name: (home.path as NSString).lastPathComponent, home: home.path,
        url: "http://\(try home.readConfiguration().httpAddress)")
    }
    return Cluster(setup: setup, network: LocalNetwork(seats: seats, executable: ownExecutable()))
  }

  /// Whether all nodes come to the same state: asked until they stand at one height.
  func agreement() async throws -> (holds: Bool, text: String) {
    let deadline = ContinuousClock.now + .seconds(20)
    var roots: [String] = []
    while ContinuousClock.now < deadline {
      var states: [(height: Int64, root: String)] = []
      for seat in network.seats {
        guard let json = try? await NodeClient([seat.url]).json("/v1/status"), let height = json["height"]?.integer,
          let root = json["stateRoot"]?.string
        else { break }
        states.append((height, root))
      }
      roots = states.map(\.root)
      if states.count == network.seats.count, Set(states.map(\.height)).count == 1 {
        let holds = Set(roots).count == 1
        return (
          holds, "All \(states.count) nodes stand at height \(states[0].height) with state root \(roots[0].prefix(16))…"
        )
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    return (false, "The nodes do not come to one height: \(roots.map { $0.prefix(8) }.joined(separator: " "))")
  }
}
