import Contracts
import Ledger
import Sodium

/// The nodes of the network as genesis names them, with the addresses that this node knows, and a number for each:
/// validators their index, observers from 31 up.
struct Roster: Sendable {
  let records: [PeerRecord]
  /// Nil for an observer.
  let validatorIndex: Int?
  let organisation: String
  private let numbers: [PublicKey: Int]
  private let keys: [Int: PublicKey]

  init(genesis: Genesis, configuration: NodeConfiguration, me: PublicKey, path: String) throws(NodeFailure) {
    func address(_ key: PublicKey) -> PeerRecord.Address? {
      configuration.peers.first { $0.transportKey == key }?.address
    }
    var records: [PeerRecord] = []
    var numbers: [PublicKey: Int] = [:]
    for (index, validator) in genesis.validators.validators.enumerated() {
      let key = validator.transportKey
      records.append(
        PeerRecord(
          key: key, organisation: validator.organisation, role: .validator(index: index), address: address(key)))
      numbers[key] = index
    }
    for (index, observer) in genesis.observers.enumerated() {
      let key = observer.transportKey
      records.append(PeerRecord(key: key, organisation: observer.organisation, role: .observer, address: address(key)))
      numbers[key] = ValidatorSet.maximumCount + index
    }
    guard let own = records.first(where: { $0.key == me }) else {
      throw .configuration(path: path, "the node's transport key is neither a validator's nor an observer's in genesis")
    }
    if case .validator(let index) = own.role { validatorIndex = index } else { validatorIndex = nil }
    organisation = own.organisation
    self.records = records
    self.numbers = numbers
    keys = Dictionary(uniqueKeysWithValues: numbers.map { ($1, $0) })
  }

  func number(of key: PublicKey) -> Int? { numbers[key] }
  func key(of number: Int) -> PublicKey? { keys[number] }
}

/// The replica's messages through the peer network.
struct PeerTransport: Transport {
  let network: PeerNetwork
  let roster: Roster

  func send(_ bytes: [UInt8], on channel: PeerChannel, to peer: Int) {
    guard let key = roster.key(of: peer) else { return }
    network.send(bytes, on: channel, to: key)
  }

  func broadcast(_ bytes: [UInt8], on channel: PeerChannel) {
    network.broadcast(bytes, on: channel, to: .all)
  }
}
