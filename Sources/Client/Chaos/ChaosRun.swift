import Contracts
import Foundation
import Glibc
import Ledger

/// Validators as real processes, clients that write and read, and faults as a plan says; then everything that was told
/// is held against what the nodes have.
package struct ChaosRun: Sendable {
  let network: LocalNetwork
  let plan: FaultPlan
  let genesis: Genesis
  let key: MemberKey
  let supplier: String
  private let recorder: ChaosRecorder
  private var names: [String] { network.seats.map(\.name) }

  /// How long all nodes may take, after a phase, to record a document each.
  static let healLimit = Duration.seconds(60)

  package init(network: LocalNetwork, plan: FaultPlan, genesis: Genesis, key: MemberKey, supplier: String) {
    self.network = network
    self.plan = plan
    self.genesis = genesis
    self.key = key
    self.supplier = supplier
    recorder = ChaosRecorder(names: network.seats.map(\.name))
  }

  /// Starts the nodes and leaves them running. `agree` says whether all come to one state once nothing more is done.
  package func play(
    agree: @Sendable () async throws -> (holds: Bool, text: String), progress: @escaping @Sendable (String) -> Void
  ) async throws -> ChaosReport {
    signal(SIGXFSZ, SIG_IGN)
    let links = LinkProxies(nodes: names.count)
    do {
      try await links.install(in: network.seats.map(\.home))
      try network.startAll()
      try await network.waitUntilReady()
      let report = try await play(links, agree, progress)
      await links.shutdown()
      return report
    } catch {
      await links.shutdown()
      throw error
    }
  }

  private func play(
    _ links: LinkProxies, _ agree: @Sendable () async throws -> (holds: Bool, text: String),
    _ progress: @escaping @Sendable (String) -> Void
  ) async throws -> ChaosReport {
    let injector = FaultInjector(network: network, links: links)
    let load = ChaosLoad(
      urls: network.seats.map(\.url), names: names, key: key, supplier: supplier,
      facts: try await NetworkFacts.fetch(network.client), recorder: recorder)
    var report = ChaosReport()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for node in names.indices {
        group.addTask { await load.write(session: node, home: node) }
        group.addTask { await load.watch(session: 100 + node, node: node) }
      }
      group.addTask { await restartEnded(injector) }
      for (number, phase) in plan.phases.enumerated() {
        progress("phase \(number + 1) of \(plan.phases.count): \(phase.shape.rawValue)")
        try await perform(phase, injector, &report, progress)
        let healed = await load.recovery(series: "R\(number)", limit: ChaosRun.healLimit)
        report.phases.append(ChaosReport.Phase(shape: phase.shape, healMilliseconds: healed))
        progress(told(healed.map { "all nodes are well after \($0) ms" } ?? "NOT EVERY NODE IS WELL"))
      }
      group.cancelAll()
      try await group.waitForAll()
    }
    report.faults = await injector.happened
    progress(told("the load has ended; comparing"))
    try await judge(&report, agree)
    report.milliseconds = recorder.milliseconds
    report.picture = recorder.picture
    return report
  }

  private func told(_ text: String) -> String {
    let seconds = Double(recorder.milliseconds) / 1000
    return String(format: "%7.1f s  ", seconds) + "\(recorder.acknowledged) documents  ".padded(to: 18) + text
  }

  // MARK: Faults

  private func perform(
    _ phase: FaultPhase, _ injector: FaultInjector, _ report: inout ChaosReport,
    _ progress: @Sendable (String) -> Void
  ) async throws {
    let steps = phase.faults.flatMap {
      [(at: $0.start, fault: $0, begins: true), (at: $0.end, fault: $0, begins: false)]
    }
    .sorted { $0.at < $1.at }
    let start = recorder.milliseconds
    var counted: (from: Int, documents: Int)?
    for step in steps {
      while recorder.milliseconds < start + step.at {
        if counted == nil, phase.shape == .single, recorder.milliseconds > start + phase.faults[0].start + 2000 {
          counted = (recorder.milliseconds, recorder.acknowledged)
        }
        try await Task.sleep(for: .milliseconds(min(100, max(1, start + step.at - recorder.milliseconds))))
      }
      if step.begins {
        progress(told(step.fault.text(names)))
        recorder.mark(step.fault, begins: true)
        try await injector.begin(step.fault)
      } else {
        if let counted, recorder.acknowledged == counted.documents {
          report.stalls.append(
            "no document was recorded in \(recorder.milliseconds - counted.from) ms while \(step.fault.text(names))")
        }
        if try await !injector.end(step.fault) {
          report.stalls.append("\(names[step.fault.node]) did not end within 10 s, though its disk was full")
        }
        recorder.mark(step.fault, begins: false)
      }
    }
  }

  /// A process that nobody ended and that is gone is a fault of the program; it starts again, so that the run goes on.
  private func restartEnded(_ injector: FaultInjector) async {
    while !Task.isCancelled {
      for (node, seat) in network.seats.enumerated() {
        guard network.processID(of: seat.name) == nil, await !injector.mayBeDown(node),
          network.processID(of: seat.name) == nil
        else { continue }
        recorder.noteEnd("\(seat.name) ended by itself:\n\(network.logTail(seat.name))")
        try? network.start(seat.name)
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  // MARK: Judgement

  private func judge(
    _ report: inout ChaosReport, _ agree: @Sendable () async throws -> (holds: Bool, text: String)
  ) async throws {
    var agreed = try await agree()
    if !agreed.holds { agreed = try await agree() }
    report.agreement = agreed
    // Empty blocks still come: what all have is compared.
    var height = Int64.max
    for seat in network.seats {
      height = min(height, try await NodeClient([seat.url]).json("/v1/status")["height"]?.integer ?? 0)
    }
    var records: [NodeRecord] = []
    for seat in network.seats {
      records.append(try await NodeRecord.fetch(seat.name, NodeClient([seat.url]), to: height))
    }
    let history = recorder.history
    report.ended = recorder.ended
    report.violations = HistoryCheck.violations(of: history, in: records)
    report.blocks = Int(height)
    report.sent = history.sent
    report.acknowledged = Set(history.acknowledged.map(\.document)).count
    (report.refused, report.unanswered) = recorder.counts
    report.recorded = records.map { $0.blocks.reduce(0) { $0 + $1.documents.count } }.max() ?? 0
    for (seat, record) in zip(network.seats, records) {
      report.falseProofs += await falseProofs(NodeClient([seat.url]), record, history, &report.proofs)
      report.misbehaviour += try misbehaviour(seat)
    }
  }

  private static let proofsOfANode = 100

  /// Of documents from the whole run, evenly.
  private func falseProofs(
    _ client: NodeClient, _ record: NodeRecord, _ history: History, _ checked: inout Int
  ) async -> [String] {
    let documents = history.acknowledged.filter { $0.height >= record.first }.map(\.document)
    var faults: [String] = []
    for index in stride(from: 0, to: documents.count, by: max(1, documents.count / ChaosRun.proofsOfANode)) {
      do {
        let path = "/v1/documents/\(documents[index])/proof"
        let json = try ProofCheck.parse(try await client.bytes(path))
        _ = try ProofCheck.check(json, genesis: genesis, document: documents[index])
        checked += 1
      } catch {
        faults.append("\(record.node), document \(documents[index]): \(error)")
      }
    }
    return faults
  }

  /// What a node says about votes that contradict each other.
  private func misbehaviour(_ seat: LocalNetwork.Seat) throws -> [String] {
    let said = try String(contentsOfFile: seat.home + "/node.log", encoding: .utf8)
    return said.split(separator: "\n")
      .filter {
        $0.contains("misbehaviour seen") || $0.contains("signed a vote elsewhere") || $0.contains("Fatal error")
      }
      .prefix(5).map { "\(seat.name): \($0)" }
  }
}
