import Client
import Foundation
import Glibc
import Ledger
import Node
import Replication
import Sodium
import Testing

/// All tests that start node processes, one after the other: a machine with few cores is busy with one network.
@Suite("Nodes as processes", .serialized) struct ProcessTests {}

/// A network of real processes in a folder of its own; both are gone when the test ends, however it ends.
final class TestNetwork: Sendable {
  enum Shape {
    /// Four validators and an observer, as in genesis/development.json.
    case whole
    /// One validator, which is its own quorum.
    case alone
  }

  let folder: String
  let setup: NetworkSetup
  let processes: LocalNetwork

  /// Makes a network for `body`, and starts nothing. What the nodes said is told when `body` fails.
  static func with<T>(
    _ shape: Shape, clockRate: Int64 = 1, _ body: (TestNetwork) async throws -> T
  ) async throws -> T {
    let network = try TestNetwork(shape, clockRate)
    defer { network.remove() }
    do {
      return try await body(network)
    } catch {
      for name in network.names { print("\(name) said at the end:\n\(network.processes.logTail(name))") }
      throw error
    }
  }

  private init(_ shape: Shape, _ clockRate: Int64) throws {
    folder = NSTemporaryDirectory() + "lianrong-test-\(UUID().uuidString)"
    var plan = try NetworkPlan(json: TestNetwork.plan(shape, clockRate))
    var ports = LocalNetwork.freePorts(2 * (plan.validators.count + plan.observers.count), preferring: nil)
    plan = plan.withPorts { (ports.removeLast(), ports.removeLast()) }
    setup = try NetworkSetup.create(plan, in: folder, nowMilliseconds: NetworkClock.wall, passphrase: nil)
    let seats = try (setup.validators + setup.observers).map { home in
      LocalNetwork.Seat(
        name: (home.path as NSString).lastPathComponent, home: home.path,
        url: "http://\(try home.readConfiguration().httpAddress)")
    }
    processes = LocalNetwork(seats: seats, executable: Program.path)
  }

  private func remove() {
    processes.stopAll()
    try? FileManager.default.removeItem(atPath: folder)
  }

  static func plan(_ shape: Shape, _ clockRate: Int64) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: Program.repository + "/genesis/development.json"),
      case .object(var members) = try JSON.parse(Array(data))
    else { throw ClientError.story("genesis/development.json cannot be read") }
    func set(_ name: String, _ change: (JSON) -> JSON?) {
      members = members.compactMap { member in
        member.name == name ? change(member.value).map { .init(name, $0) } : member
      }
    }
    set("clockRate") { _ in clockRate > 1 ? .integer(clockRate) : nil }
    if shape == .alone {
      set("validators") { .array(Array($0.array!.prefix(1))) }
      set("observers") { _ in .array([]) }
    }
    return Array(JSON.object(members).text.utf8)
  }

  // MARK: Nodes

  var names: [String] { processes.seats.map(\.name) }
  var validators: [String] { names.filter { $0.hasPrefix("validator") } }

  func home(_ name: String) -> NodeHome { NodeHome("\(folder)/\(name)") }

  /// One node, and no other in its place.
  func node(_ name: String) -> NodeClient {
    NodeClient([processes.seats.first { $0.name == name }!.url])
  }

  func status(_ name: String) async -> JSON? { try? await node(name).json("/v1/status") }

  func start(_ names: [String]) throws {
    for name in names { try processes.start(name) }
  }

  func kill(_ names: [String]) {
    for name in names { processes.kill(name) }
  }

  /// Returns when the node answers, with a quorum of peers or without.
  func waitUntilLive(_ name: String) async throws {
    try await wait("\(name) answers") {
      guard self.processes.processID(of: name) != nil else {
        throw ClientError.story("\(name) ended:\n\(self.processes.logTail(name))")
      }
      return await self.status(name) != nil
    }
  }

  func waitUntilReady(_ names: [String]) async throws {
    for name in names {
      try await wait("\(name) is ready") {
        (try? await self.node(name).get("/v1/health/ready"))?.status == 200
      }
    }
  }

  func waitUntil(_ name: String, isAt height: Int64) async throws {
    try await wait("\(name) comes to height \(height)") {
      (await self.status(name)?["height"]?.integer ?? -1) >= height
    }
  }

  /// The height and the state root at which all nodes stand, once they stand at one height.
  @discardableResult
  func agreement() async throws -> (height: Int64, stateRoot: String) {
    var agreed: (Int64, String)?
    try await wait("all nodes stand at one height") {
      var states: [(height: Int64, root: String)] = []
      for name in self.names {
        guard let json = await self.status(name), let height = json["height"]?.integer,
          let root = json["stateRoot"]?.string
        else { return false }
        states.append((height, root))
      }
      guard Set(states.map(\.height)).count == 1 else { return false }
      #expect(Set(states.map(\.root)).count == 1, "nodes at height \(states[0].height) differ: \(states)")
      agreed = states[0]
      return true
    }
    return agreed!
  }

  // MARK: Documents

  func key(_ name: String) throws -> MemberKey { try MemberKey.read("\(folder)/keys/\(name).json") }

  /// An order of Huadong Motors, valid from now on.
  func order(_ number: String, lines: Int = 1) async throws -> DocumentDraft.Signed {
    let facts = try await NetworkFacts.fetch(NodeClient(processes.seats.map(\.url)))
    return try key("huadong-motors/erp").sign(
      TestDocuments.order(number, lines: lines), network: facts.network, now: facts.now, validity: facts.validity)
  }

  /// Hands in orders one after the other, and answers where each was recorded.
  @discardableResult
  func record(_ numbers: [String], at name: String) async throws -> [SubmissionAnswer] {
    var answers: [SubmissionAnswer] = []
    for number in numbers {
      let answer = try await node(name).submit(try await order(number).transmission)
      try #require(answer.number == 0, "\(number) was answered with \(answer.json.text)")
      answers.append(answer)
    }
    return answers
  }
}

/// Asks again and again until `holds`; the deadline is far off, and only a fault reaches it.
func wait(
  _ what: String, limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
  _ holds: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while !(try await holds()) {
    guard ContinuousClock.now < deadline else {
      Issue.record("It never came about that \(what).", sourceLocation: sourceLocation)
      throw ClientError.story("it never came about that \(what)")
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}

enum TestDocuments {
  static func order(_ number: String, lines: Int = 1) -> DocumentDraft {
    let lines = (1...lines).map { line -> JSON in
      ["line": .string("\(line)"), "quantity": "5", "unit": "EA", "amount": "2300.00"]
    }
    return DocumentDraft(
      type: "order/1",
      terms: [
        "number": .string(number), "supplier": "jinling-parts", "currency": "CNY", "date": "2026-01-05",
        "lines": .array(lines), "carriers": [],
      ])
  }
}
