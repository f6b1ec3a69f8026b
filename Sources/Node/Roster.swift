import Contracts
import Ledger
import Replication
import Sodium
import Synchronization

/// The nodes of the network as the chain's state names them, with the addresses that this node knows, and a number for
/// each. A number is never given twice while the node runs.
final class Roster: Sendable {
  let organisation: String
  private let me: PublicKey
  private let configuration: NodeConfiguration
  private let contents: Mutex<Contents>

  private struct Contents {
    var records: [PeerRecord] = []
    var numbers: [PublicKey: Int] = [:]
    var keys: [PublicKey] = []
  }

  /// A node that no record names yet may start too: it waits until the others know it.
  init(chain: Chain, configuration: NodeConfiguration, me: PublicKey) throws {
    self.configuration = configuration
    self.me = me
    contents = Mutex(Contents())
    organisation = try Roster.records(chain, configuration).first { $0.key == me }?.organisation ?? ""
    _ = try update(chain)
  }

  /// Reads the state again; true when the records are others than before.
  func update(_ chain: Chain) throws -> Bool {
    let records = try Roster.records(chain, configuration)
    return contents.withLock { contents in
      guard records != contents.records else { return false }
      contents.records = records
      for record in records where contents.numbers[record.key] == nil {
        contents.numbers[record.key] = contents.keys.count
        contents.keys.append(record.key)
      }
      return true
    }
  }

  /// The validators of this epoch and of the next if they are decided, then observers.
  private static func records(_ chain: Chain, _ configuration: NodeConfiguration) throws -> [PeerRecord] {
    let epoch = chain.head.epoch
    var records: [PeerRecord] = []
    func add(_ organisation: String, _ key: PublicKey, _ role: PeerRecord.Role) {
      guard !records.contains(where: { $0.key == key }) else { return }
      let address = configuration.peers.first { $0.transportKey == key }?.address
      records.append(PeerRecord(key: key, organisation: organisation, role: role, address: address))
    }
    for (index, validator) in try chain.validators(of: epoch).validators.enumerated() {
      add(validator.organisation, validator.transportKey, .validator(index: index))
    }
    for validator in try chain.validatorsIfKnown(of: epoch + 1)?.validators ?? [] {
      add(validator.organisation, validator.transportKey, .observer)
    }
    for observer in try chain.observers() { add(observer.organisation, observer.transportKey, .observer) }
    return records
  }

  var records: [PeerRecord] { contents.withLock { $0.records } }

  /// Nil for an observer.
  var validatorIndex: Int? {
    guard case .validator(let index) = records.first(where: { $0.key == me })?.role else { return nil }
    return index
  }

  /// Nil for this node itself and for strangers.
  func number(of key: PublicKey) -> Int? { key == me ? nil : contents.withLock { $0.numbers[key] } }

  func key(of number: Int) -> PublicKey? {
    contents.withLock { $0.keys.indices.contains(number) ? $0.keys[number] : nil }
  }
}
