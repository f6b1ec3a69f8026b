import Consensus
import Ledger
import Replication
import Sodium

/// A validator that runs the real replica and lies on the wire, or acts on its own. One behaviour a file.
protocol Adversary: AnyObject {
  /// What goes to `peer` instead of this message.
  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel]
  /// Something of its own, now and then.
  func act(as node: SimulatedNode, in cluster: Cluster)
}

extension Adversary {
  func rewrite(_ parcel: Parcel, to peer: Int, as node: SimulatedNode, in cluster: Cluster) -> [Parcel] { [parcel] }
  func act(as node: SimulatedNode, in cluster: Cluster) {}
}

/// All of them; a seed picks.
enum Adversaries {
  static func make(_ number: Int) -> any Adversary {
    switch number {
    case 0: EquivocatingLeader()
    case 1: TwoFacedVoter()
    case 2: BodyWithholder()
    case 3: InvalidBlocks()
    case 4: HugeViews()
    case 5: Replayer()
    case 6: LyingHistorian()
    case 7: Forger()
    case 8: Mute()
    default: Garbler()
    }
  }
  static let count = 10
}

extension Parcel {
  init(_ message: Message) { self.init(bytes: message.cbor, channel: .consensus) }

  init(_ message: PeerMessage, on channel: PeerChannel) { self.init(bytes: message.cbor, channel: channel) }

  var message: Message? { channel == .consensus ? try? Message(cbor: bytes) : nil }

  var peerMessage: PeerMessage? { channel == .consensus ? nil : try? PeerMessage(cbor: bytes) }

  func carries(_ kind: VoteKind) -> Bool {
    switch message {
    case .vote(let vote): vote.subject.kind == kind
    case .certificate(let certificate): certificate.kind == kind
    default: false
    }
  }
}

extension Cluster {
  /// The chance for a liar to say something unasked.
  func scheme(_ node: SimulatedNode) {
    if node.life != nil, isStriking { node.adversary?.act(as: node, in: self) }
    schedule(.scheme(node: node.index), in: Int64(generator.within(20...400)))
  }

  func broadcast(_ parcel: Parcel, as node: SimulatedNode) {
    for peer in 0..<validators where peer != node.validator { transmit(parcel, from: node, to: peer) }
  }

  /// The validators of the epoch that a node is in, and its place among them.
  func seat(_ node: SimulatedNode) -> (validators: ValidatorSet, place: Int)? {
    guard let epoch = node.life?.replica.epoch, let me = epoch.me else { return nil }
    return (epoch.validators, me)
  }

  func sign(_ subject: VoteSubject, as node: SimulatedNode) -> Vote? {
    seat(node).map { $0.validators.vote(subject, by: $0.place, chain: library.genesis.chain) }
  }

  /// The validators of an epoch, as any living honest node knows them.
  func validators(of epoch: UInt64) -> ValidatorSet? {
    if epoch == 0 { return library.genesis.validators }
    if let set = validatorSets[epoch] { return set }
    for node in nodes where node.isHonest {
      if let set = try? node.life?.chain.validatorsIfKnown(of: epoch) {
        validatorSets[epoch] = set
        return set
      }
    }
    return nil
  }

  /// A node's place among the validators of an epoch.
  func place(of node: SimulatedNode, in epoch: UInt64) -> Int? {
    if epoch == 0 { return node.validator }
    let key = library.genesis.validators.validators[node.validator].transportKey
    return validators(of: epoch)?.validators.firstIndex { $0.transportKey == key }
  }
}
