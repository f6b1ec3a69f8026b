import Contracts
import Financing
import Ledger
import Replication
import Sodium

/// A document of the workload: its exact bytes, and when it may be handed in.
struct Item: Sendable {
  let bytes: [UInt8]
  let id: Digest
  /// Network time in seconds; a client that sends earlier knows that it will be refused.
  let notBefore: Int64
}

/// Documents that follow from each other, in order: each is handed in when the one before it was executed.
struct StoryLine: Sendable {
  var items: [Item] = []
}

/// All documents that any seed uses, really signed, made once in a process; each seed picks from them.
final class Library: Sendable {
  let genesis: Genesis
  let stories: [StoryLine]
  /// The board's changes of the validators.
  let changes: StoryLine
  /// The vote keys of each validator of the first epoch.
  let voteKeys: [[PublicKey]]
  /// Orders that need nothing before them.
  let orders: [Item]
  /// What a door must refuse: wrong signatures, unknown keys, expired, of another network.
  let refused: [Item]
  let reader: CachedReader
  /// What an empty node's store holds: the genesis.
  let blank: VirtualStore

  init(validators: Int, stories count: Int = 48, orders orderCount: Int = 600) {
    let genesis = Cast.genesis(validators: validators)
    var writer = StoryWriter(network: genesis.network)
    stories = (0..<count).map { writer.story($0) }
    orders = (0..<orderCount).map { writer.order($0) }
    changes = writer.changes(genesis)
    voteKeys = genesis.validators.validators.map { Cast.voteKeys(of: $0.organisation) }
    refused = (0..<40).map { writer.refused($0) }
    self.genesis = genesis
    blank = VirtualStore(VirtualPower())
    do {
      _ = try ChainStore(blank, genesis: genesis)
    } catch {
      preconditionFailure("the simulated chain cannot begin: \(error)")
    }
    reader = CachedReader(registry: ActRegistry.all)
    for item in stories.flatMap(\.items) + changes.items + orders + refused { reader.read(item.bytes) }
  }
}
