import Consensus
import Ledger
import LedgerStore
import Replication
import Sodium

/// Bugs that are planted to show that the simulator finds them: in the shell around the replica, its disk, its keys.
/// Those inside of the machine and the replica are in Tests/SimulatorTests/Mutants, as changes of the source.
package enum PlantedFault: String, CaseIterable, Sendable {
  /// The log and the sign state say "synced" before they are.
  case syncDoesNothing
  /// A restart begins with an empty log and a fresh sign state: C-1 is forgotten.
  case voteForgotten
  /// Votes of an earlier life are not sent again.
  case oldVotesNotRepeated
  /// Certificates of views that have passed are thrown away.
  case oldCertificatesIgnored
  /// A signature counts whoever made it.
  case anySignerCounts
  /// Signatures in messages are not checked at all.
  case signaturesUnchecked
  /// A disk that fails while a block is checked makes the block invalid.
  case failureMakesInvalid
  /// Everything ever said is said again at each retry.
  case everythingRepeated
  /// Nobody serves certificates or bodies to those who ask.
  case nothingServed
  /// An executed block is forgotten when the node restarts.
  case executionForgotten

  /// How many seeds it takes at most.
  package var seeds: Int { 60 }

  var checking: (any SignatureChecking)? {
    switch self {
    case .anySignerCounts: AnySigner()
    case .signaturesUnchecked: NoCheck()
    default: nil
    }
  }

  // MARK: Hooks

  func beforeStart(_ node: SimulatedNode) {
    switch self {
    case .syncDoesNothing: node.power.liesAboutSync = true
    case .voteForgotten where node.lives > 0 && node.isHonest:
      node.files.forgetAll(under: SimulatedNode.log)
      node.files.forget(SimulatedNode.signState)
      try? node.writeFreshSignState()
    case .oldVotesNotRepeated:
      // What the log holds was signed in an earlier life, whether it was said or not.
      guard let log = try? WriteAheadLog(folder: SimulatedNode.log, files: node.files.copy(VirtualPower())) else {
        break
      }
      try? log.replay { _, bytes throws(StorageFailure) in
        for epoch in UInt64(0)...3 {
          guard case .vote(let vote)? = ReplayEquality.record(bytes, epoch: epoch) else { continue }
          node.said[.vote(vote)] = -1
        }
      }
    case .executionForgotten where node.lives > 0: node.store.restore(node.cluster.library.blank)
    default: break
    }
  }

  /// True when the planted shell has dealt with the message itself.
  func takes(_ parcel: Parcel, from peer: Int, at node: SimulatedNode, in cluster: Cluster) -> Bool {
    switch self {
    case .oldCertificatesIgnored:
      guard case .certificate(let certificate) = parcel.message, let machine = node.life?.replica.machine else {
        return false
      }
      return certificate.kind != .finalize && certificate.view < machine.currentView
    case .nothingServed:
      if case .fetch = parcel.message { return true }
      return false
    default: return false
    }
  }

  /// False when the planted shell keeps the message back.
  func passes(_ message: Message, from node: SimulatedNode) -> Bool {
    switch self {
    case .oldVotesNotRepeated:
      guard case .vote = message else { return true }
      return node.said[message] == nil
    case .everythingRepeated:
      // All of it, whenever something is said twice: that is a retry.
      guard node.said.updateValue(1, forKey: message) != nil else {
        node.spoken.append(message)
        return true
      }
      for old in node.spoken { node.cluster.broadcast(Parcel(old), as: node) }
      return true
    default: return true
    }
  }

  /// Nil where nothing is planted.
  func result(of work: Replica.Work, at node: SimulatedNode) -> Replica.Finished? {
    switch (self, work) {
    case (.failureMakesInvalid, .check(let check)):
      // One check in eighty meets a disk that does not answer.
      guard node.cluster.generator.below(80) == 0 else { return nil }
      return .check(check.block.digest, .invalid("the disk did not answer"))
    default: return nil
    }
  }
}

private struct AnySigner: SignatureChecking {
  private static let keys = Cast.members.map { Cast.key("\($0) vote").publicKey }

  func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
    AnySigner.keys.contains { KeyedHash.isGood(signature, of: message, by: $0) }
  }
}

private struct NoCheck: SignatureChecking {
  func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool { true }
}
