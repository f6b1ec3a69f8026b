import NIOCore
import NIOPosix
import Sodium

extension PeerNetwork {
  /// Replaces the records: peers that they no longer name are cut off, new ones are dialled.
  package func replaceDirectory(_ directory: PeerDirectory) {
    let (kept, gone) = state.withLock { state in
      state.directory = directory
      state.barred = state.barred.filter { directory[$0.key] != nil }
      return (
        state.established.filter { directory[$0.key] != nil },
        state.established.filter { directory[$0.key] == nil }.map(\.value)
      )
    }
    for (key, connection) in kept {
      connection.channel.eventLoop.execute { connection.record = directory[key] ?? connection.record }
    }
    for connection in gone { connection.channel.eventLoop.execute { connection.end(.removed) } }
    for record in directory.records { pursue(record.key) }
  }

  /// Plans a dial of `key`, unless one is under way, it is connected, or nobody knows where it is.
  func pursue(_ key: PublicKey) {
    state.withLock { state in
      guard state.stage == .running, key != self.key, state.directory[key]?.address != nil,
        state.established[key] == nil, state.dials[key]?.isBusy != true
      else { return }
      var dial = state.dials[key] ?? Dial()
      var delay = TimeAmount.zero
      if dial.attempt > 0 { delay = settings.redial(attempt: dial.attempt, random: .random(in: 0..<1)) }
      // N-2: rather than two connections at once, the smaller key's comes first.
      if key < self.key { delay = delay + settings.dialCourtesy }
      let barred = state.barred[key, default: 0]
      let now = PeerConnection.now
      if barred > now { delay = max(delay, .nanoseconds(Int64(barred - now))) }
      dial.isBusy = true
      dial.plan = group.next().scheduleTask(in: delay) { self.dial(key) }
      state.dials[key] = dial
    }
  }

  private func dial(_ key: PublicKey) {
    let address = state.withLock { state -> PeerRecord.Address? in
      state.dials[key]?.plan = nil
      guard state.stage == .running, state.established[key] == nil, let address = state.directory[key]?.address else {
        // The end of the connection that is there plans the next dial.
        state.dials[key]?.isBusy = false
        return nil
      }
      return address
    }
    guard let address else { return }
    ClientBootstrap(group: group)
      .connectTimeout(settings.handshakeTimeout)
      .channelInitializer { self.prepare($0, for: key) }
      .connect(host: address.host, port: address.port)
      .flatMap(\.closeFuture)
      .whenComplete { self.dialled(key, $0) }
  }

  /// A dial has failed, or its connection has ended.
  private func dialled(_ key: PublicKey, _ result: Result<Void, any Error>) {
    let attempt = state.withLock { state in
      state.dials[key]?.isBusy = false
      state.dials[key]?.attempt += 1
      return state.dials[key]?.attempt
    }
    // Once, and not at each of the attempts that follow.
    if case .failure(let error) = result, attempt == 1 {
      log.notice("peer cannot be reached", metadata: ["key": "\(key.digest)", "reason": "\(error)"])
    }
    pursue(key)
  }
}
