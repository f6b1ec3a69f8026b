/// Why the chain does not move, as far as this node can tell: a function of what it sees, so that people need not guess.
package struct Diagnosis: Equatable, Sendable {
  package struct Peer: Equatable, Sendable {
    package let organisation: String
    package let isConnected: Bool
    /// Nil until it has said where it stands.
    package let height: UInt64?
    package let epoch: UInt64?
    /// How far its clock is ahead of this node's, in milliseconds.
    package let clockOffset: Int64?
    /// Of the views since the newest finalization it voted in the current one.
    package let hasVoted: Bool

    package init(
      organisation: String, isConnected: Bool, height: UInt64?, epoch: UInt64?, clockOffset: Int64?, hasVoted: Bool
    ) {
      self.organisation = organisation
      self.isConnected = isConnected
      self.height = height
      self.epoch = epoch
      self.clockOffset = clockOffset
      self.hasVoted = hasVoted
    }
  }

  package enum Voting: Equatable, Sendable {
    case observer, normal, asking, suspended, stopped
  }

  /// The other validators.
  package var peers: [Peer]
  package var quorum: Int
  package var voting = Voting.normal
  package var height: UInt64 = 0
  package var epoch: UInt64 = 0
  /// Nothing is to be decided: the pool is empty, and everything recorded is attested.
  package var isQuiet = false
  package var secondsSinceFinalization: Int64 = 0
  /// The longest time between two blocks that is nothing to worry about.
  package var patienceSeconds: Int64 = 10
  package var leader = ""
  package var leaderHasProposed = false
  /// The leader's block is here but this node cannot judge it yet.
  package var isWaitingForBlock = false
  package var clockDriftMilliseconds: Int64 = 500
  package var freeBytes: Int64?
  package var isFetchingSnapshot = false

  package init(peers: [Peer], quorum: Int) {
    self.peers = peers
    self.quorum = quorum
  }

  package var isMoving: Bool { secondsSinceFinalization <= patienceSeconds }

  /// One sentence with what to do; nil while the chain moves or has nothing to do.
  package var cause: String? {
    if isFetchingSnapshot { return "This node is fetching the state of its peers and follows when it is here." }
    let ahead = peers.filter { $0.isConnected && ($0.height ?? 0) > height + 2 }
    if isMoving || isQuiet && ahead.isEmpty { return nil }
    if let freeBytes, freeBytes < 64 << 20 {
      return "The disk is full (\(freeBytes >> 20) MiB are free). Make room and restart the node."
    }
    switch voting {
    case .stopped:
      return "This node has stopped voting after an alarm: see its log, keep its data for examination."
    case .suspended where ahead.isEmpty:
      return """
        This validator's votes are suspended (C-23): it waits for what \(quorum - 1) others remember of its votes, or for a \
        finalization of theirs.
        """
    case .suspended, .asking, .normal, .observer: break
    }
    let connected = peers.filter(\.isConnected)
    let own = voting == .observer ? 0 : 1
    if connected.count + own < quorum {
      let missing = names(peers.filter { !$0.isConnected })
      return """
        \(connected.count + own) of the \(quorum) validators that a quorum needs can be reached. Not connected: \(missing). Start \
        those nodes, or mend the network between them and this one.
        """
    }
    if peers.contains(where: { $0.isConnected && ($0.epoch ?? 0) > epoch }) || !ahead.isEmpty {
      return "This node is behind \(names(ahead.isEmpty ? connected : ahead)) and fetches blocks from them."
    }
    let drifting = connected.filter { abs($0.clockOffset ?? 0) > clockDriftMilliseconds }
    if !drifting.isEmpty {
      return drifting.count * 2 > peers.count
        ? "This node's clock differs from those of \(names(drifting)). Set it by NTP."
        : "The clocks of \(names(drifting)) differ from this node's. Blocks of their leaders wait. Set them by NTP."
    }
    if isWaitingForBlock {
      return "This node has the block of \(leader) and cannot judge it yet: its execution or its clock lags."
    }
    let silent = connected.filter { !$0.hasVoted }
    if connected.count - silent.count + own < quorum, !silent.isEmpty {
      return """
        \(names(silent)) are connected and do not vote: they may be stopped, suspended, or out of disk. See \
        `lianrong status` there.
        """
    }
    if !leaderHasProposed { return "The leader \(leader) proposes nothing; the view ends by its timer." }
    return "Votes are on their way; when this stays, compare `lianrong status` of all validators."
  }

  private func names(_ peers: [Peer]) -> String {
    peers.isEmpty ? "none" : peers.map(\.organisation).sorted().joined(separator: ", ")
  }
}
