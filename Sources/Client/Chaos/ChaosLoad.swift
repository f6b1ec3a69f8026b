import Ledger
import NIOCore

/// Clients that write and read all the time, one session each, and note all they are told.
struct ChaosLoad: Sendable {
  let urls: [String]
  let names: [String]
  let key: MemberKey
  let supplier: String
  let facts: NetworkFacts
  let recorder: ChaosRecorder

  private func client(_ node: Int, seconds: Int64 = 4) -> NodeClient {
    var client = NodeClient([urls[node]])
    client.timeout = .seconds(seconds)
    return client
  }

  /// Writes at `home` as long as it answers, at the others when it does not: one document after the other.
  func write(session: Int, home: Int) async {
    var number = 0
    while !Task.isCancelled {
      number += 1
      await record(
        "\(session)-\(number)", session: session, home: home, stage: number % 2 == 0 ? "finalized" : "executed")
      try? await Task.sleep(for: .milliseconds(30))
    }
  }

  /// The same bytes again and again, at one node after the other, until one answers.
  private func record(_ series: String, session: Int, home: Int, stage: String) async {
    guard let (bytes, id) = await document(series) else { return }
    recorder.note(session, names[home], .sent(document: id))
    for attempt in 0..<2 * urls.count {
      let node = (home + attempt) % urls.count
      guard !Task.isCancelled else { return }
      guard let answer = try? await client(node).submit(bytes, wait: stage) else {
        recorder.noteSilence()
        continue
      }
      if answer.isRefusedAtDoor {
        recorder.noteRefusal()
        continue
      }
      guard ["finalized", "executed", "attested"].contains(answer.status), let height = answer.height else { continue }
      recorder.note(session, names[node], .acknowledged(document: id, height: height, outcome: answer.number))
      await read(id, session: session, node: node)
      return
    }
  }

  private func document(_ series: String) async -> (bytes: [UInt8], id: String)? {
    let documents = await LoadDocuments.orders(1, key: key, supplier: supplier, facts: facts, series: series + "-")
    guard let bytes = documents.compact.first, let signed = try? SignedDocument(bytes) else { return nil }
    return (bytes, "\(signed.id)")
  }

  /// Asks a node for its height and for a document that anyone has been told of, again and again.
  func watch(session: Int, node: Int) async {
    while !Task.isCancelled {
      if let status = try? await client(node, seconds: 15).json("/v1/status"),
        let height = status["height"]?.integer, let root = status["stateRoot"]?.string
      {
        recorder.note(session, names[node], .head(height: height, stateRoot: root))
        if let document = recorder.anyAcknowledged { await read(document, session: session, node: node) }
      }
      try? await Task.sleep(for: .milliseconds(40))
    }
  }

  private func read(_ document: String, session: Int, node: Int) async {
    guard let answer = try? await client(node, seconds: 15).get("/v1/documents/\(document)") else { return }
    switch answer.status {
    case 404: recorder.note(session, names[node], .read(document: document, nil))
    case 200:
      guard let json = answer.json else { return }
      var recorded: History.Recorded?
      if let height = json["height"]?.integer, let outcome = json["outcome"]?["number"]?.integer {
        recorded = History.Recorded(height: height, outcome: outcome)
      }
      recorder.note(session, names[node], .read(document: document, recorded))
    default: break
    }
  }

  /// Milliseconds until each node has taken a new document and told its outcome; nil when one does not in time.
  func recovery(series: String, limit: Duration) async -> Int? {
    let start = ContinuousClock.now
    let isWell = await withTaskGroup(of: Bool.self) { group in
      for node in urls.indices {
        group.addTask {
          guard let (bytes, id) = await document("\(series)-\(node)") else { return false }
          let session = 1000 + node
          recorder.note(session, names[node], .sent(document: id))
          while ContinuousClock.now - start < limit, !Task.isCancelled {
            if let answer = try? await client(node).submit(bytes), let height = answer.height,
              let outcome = answer.number, !answer.isRefusedAtDoor
            {
              recorder.note(session, names[node], .acknowledged(document: id, height: height, outcome: outcome))
              return true
            }
            try? await Task.sleep(for: .milliseconds(50))
          }
          return false
        }
      }
      return await group.allSatisfy { $0 }
    }
    return isWell ? Int((ContinuousClock.now - start).inMilliseconds) : nil
  }
}

extension NodeRecord {
  /// The blocks that a node has up to `height`.
  static func fetch(_ name: String, _ client: NodeClient, to height: Int64) async throws -> NodeRecord {
    let first = max(1, try await client.json("/v1/status")["disk"]?["oldestHeight"]?.integer ?? 1)
    let workers = 4
    let blocks = try await withThrowingTaskGroup(of: [(Int64, Block)].self) { group in
      for worker in 0..<workers {
        group.addTask {
          var blocks: [(Int64, Block)] = []
          for height in stride(from: first + Int64(worker), through: height, by: workers) {
            blocks.append((height, try await block(height, client)))
          }
          return blocks
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return NodeRecord(node: name, first: first, blocks: blocks.sorted { $0.0 < $1.0 }.map(\.1))
  }

  private static func block(_ height: Int64, _ client: NodeClient) async throws -> Block {
    let path = "/v1/blocks/\(height)"
    let json = try await client.json(path)
    guard let digest = json["digest"]?.string, let root = json["stateRoot"]?.string,
      let documents = json["documents"]?.array
    else { throw ClientError.unreadable(path) }
    return Block(
      digest: digest, stateRoot: root,
      documents: try documents.map { document in
        guard let id = document["id"]?.string, let outcome = document["outcome"]?["number"]?.integer else {
          throw ClientError.unreadable(path)
        }
        return (id, outcome)
      })
  }
}
