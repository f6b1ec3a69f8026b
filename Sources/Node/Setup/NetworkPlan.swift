import Contracts
import Ledger
import Sodium

/// What a network is to look like, before anyone has a key: `lianrong genesis` turns it into a genesis file, keys and
/// home folders (genesis/README.md explains each field).
package struct NetworkPlan: Sendable {
  package struct Key: Sendable {
    package let name: String
    package let permissions: [Permission]
  }

  package struct Party: Sendable {
    package let id: String
    package let name: String
    package let roles: [Role]
    package let identifiers: [Member.Identifier]
    package let keys: [Key]
  }

  package struct Host: Sendable {
    package let organisation: String
    package let host: String
    package let peerPort: Int
    package let httpPort: Int
  }

  package let name: String
  package let production: Bool
  package let clockRate: Int64?
  package let members: [Party]
  package private(set) var validators: [Host]
  package private(set) var observers: [Host]
  package let board: (organisations: [String], threshold: Int64)
  /// Copied into the genesis file, which checks them.
  package let parameters: JSON

  package init(json bytes: [UInt8]) throws(Violations) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes)
    } catch {
      throw Violations(.jsonInvalid, error.pointer, error.reason.rawValue)
    }
    guard case .object(let members) = json else { throw Violations(.memberInvalid, "", "an object is expected") }
    let parameters = json["parameters"] ?? .object([])
    self = try Form.read(.object(members.filter { $0.name != "parameters" })) { NetworkPlan(&$0, parameters) }
  }

  private init(_ form: inout Form, _ parameters: JSON) {
    name = form.identifier("name", upTo: 47)
    production = form.bool("production")
    clockRate = form.optional("clockRate") { $0.integer("clockRate", 1...1_000_000) }
    members = form.list("members", 1...1000) { form in
      Party(
        id: form.identifier("id"), name: form.text("name"),
        roles: form.words("roles", 1...8, of: Role.self),
        identifiers: form.list("identifiers", 0...8) { form in
          Member.Identifier(scheme: form.identifier("scheme", upTo: 16), value: form.text("value", 1...64))
        },
        keys: form.list("keys", 1...8) { form in
          Key(name: form.identifier("name"), permissions: form.words("permissions", 1...8, of: Permission.self))
        })
    }
    validators = form.list("validators", 1...ValidatorSet.maximumCount) { NetworkPlan.host(&$0) }
    observers = form.optional("observers") { $0.list("observers", 0...64) { NetworkPlan.host(&$0) } } ?? []
    board = form.object("board") { form in
      (form.identifiers("organisations", 1...64), form.integer("threshold", 1...64))
    }
    self.parameters = parameters
  }

  /// The same plan with other ports, asked for host by host.
  package func withPorts(_ next: () -> (http: Int, peer: Int)) -> NetworkPlan {
    func moved(_ host: Host) -> Host {
      let (http, peer) = next()
      return Host(organisation: host.organisation, host: host.host, peerPort: peer, httpPort: http)
    }
    var plan = self
    plan.validators = validators.map(moved)
    plan.observers = observers.map(moved)
    return plan
  }

  private static func host(_ form: inout Form) -> Host {
    Host(
      organisation: form.identifier("organisation"), host: form.text("host"),
      peerPort: Int(form.integer("peerPort", 0...65_535)), httpPort: Int(form.integer("httpPort", 0...65_535)))
  }
}
