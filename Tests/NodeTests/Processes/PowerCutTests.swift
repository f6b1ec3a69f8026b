import Client
import Foundation
import Ledger
import Sodium
import Synchronization
import Testing

extension ProcessTests {
  @Suite("All validators are killed at once") struct PowerCutTests {
    /// Everything that the network told clients, to be compared with what it says later.
    final class History: Sendable {
      struct Acknowledgement: Sendable {
        let id: Digest
        let bytes: [UInt8]
        let height: Int64
        /// Nil when it was told finalized and not yet executed.
        let outcome: Int64?
      }

      private let told = Mutex<[Acknowledgement]>([])
      var acknowledged: [Acknowledgement] { told.withLock { $0 } }

      func note(_ answer: SubmissionAnswer, of document: DocumentDraft.Signed) {
        guard !answer.isRefusedAtDoor, let height = answer.height,
          ["finalized", "executed", "attested"].contains(answer.status)
        else { return }
        told.withLock {
          $0.append(
            Acknowledgement(id: document.id, bytes: document.compact, height: height, outcome: answer.number))
        }
      }
    }

    @Test("Nothing that was told is lost, nothing stands twice, and no height goes back") func powerCuts() async throws
    {
      try await TestNetwork.with(.whole) { network in
        try network.processes.startAll()
        try await network.processes.waitUntilReady()
        let facts = try await NetworkFacts.fetch(network.processes.client)
        let key = try network.key("huadong-motors/erp")
        let history = History()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (worker, name) in network.validators.enumerated() {
            let node = network.node(name)
            group.addTask {
              var number = 0
              while !Task.isCancelled {
                number += 1
                let document = key.sign(
                  TestDocuments.order("PO-\(worker)-\(number)"), network: facts.network, now: facts.now,
                  validity: facts.validity)
                // A node that is killed answers nothing: then nothing was told.
                let answer = try? await node.submit(
                  document.transmission, wait: number.isMultiple(of: 2) ? "finalized" : "executed")
                if let answer {
                  history.note(answer, of: document)
                } else {
                  try? await Task.sleep(for: .milliseconds(20))
                }
              }
            }
          }
          group.addTask { try await self.watch(network) }
          for _ in 0..<4 {
            let before = history.acknowledged.count
            try await wait("documents are recorded again") { history.acknowledged.count >= before + 20 }
            network.kill(network.validators)
            try network.start(network.validators)
            try await network.waitUntilReady(network.validators)
          }
          let before = history.acknowledged.count
          try await wait("documents are recorded again") { history.acknowledged.count >= before + 20 }
          group.cancelAll()
          while let result = await group.nextResult() {
            if case .failure(let error) = result, !(error is CancellationError) { throw error }
          }
        }
        let (height, _) = try await network.agreement()
        for name in network.names { try await check(history, height, network.node(name)) }
      }
    }

    /// No node may tell a height that is below one which it told before, killed in between or not.
    private func watch(_ network: TestNetwork) async throws {
      var newest: [String: Int64] = [:]
      while !Task.isCancelled {
        for name in network.names {
          guard let height = await network.status(name)?["height"]?.integer else { continue }
          #expect(height >= newest[name] ?? 0, "\(name) told \(newest[name] ?? 0) and then \(height)")
          newest[name] = height
        }
        try await Task.sleep(for: .milliseconds(5))
      }
    }

    private func check(_ history: History, _ newest: Int64, _ node: NodeClient) async throws {
      var places: [String: Int64] = [:]
      for height in 1...newest {
        for document in try await node.json("/v1/blocks/\(height)")["documents"]?.array ?? [] {
          let id = try #require(document["id"]?.string)
          #expect(places.updateValue(height, forKey: id) == nil, "\(id) stands twice")
        }
      }
      for told in history.acknowledged {
        #expect(places["\(told.id)"] == told.height)
        let now = try await node.status(of: told.id)
        #expect(now.height == told.height)
        #expect(now.number == told.outcome ?? 0)
        #expect(try await node.raw(told.id) == told.bytes)
      }
    }
  }
}
