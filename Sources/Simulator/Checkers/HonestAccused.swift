import Replication

/// C-15: evidence on the chain names nobody whose key has kept the rules.
enum HonestAccused {
  static func check(_ finalized: FinalizedBlock, _ cluster: Cluster) -> String? {
    for evidence in finalized.block.evidence {
      let accused = cluster.nodes.filter { cluster.place(of: $0, in: evidence.first.epoch) == evidence.signer }
      guard !accused.isEmpty, accused.allSatisfy({ $0.isHonest && !$0.keyIsTainted }) else { continue }
      return "height \(finalized.block.header.height) accuses the honest validator \(evidence.signer)"
    }
    return nil
  }
}
