import Foundation
import Ledger
import Synchronization

/// Sends pre-signed documents through the real interface and waits for each outcome.
package struct LoadGenerator: Sendable {
  let network: LocalNetwork
  let validators: Int

  package init(network: LocalNetwork, validators: Int) {
    self.network = network
    self.validators = validators
  }

  /// Many requests at once, each with `batch` documents, for at least `seconds`, round robin over the validators.
  package func throughput(
    seconds: Int, concurrency: Int, batch: Int, key: MemberKey, supplier: String, facts: NetworkFacts,
    progress: @escaping @Sendable (String) -> Void
  ) async throws -> Measurement {
    progress("signing documents")
    // Enough for well over the goal; what is not used up is not counted.
    let documents = await LoadDocuments.orders(
      max(20_000, seconds * 8_000), key: key, supplier: supplier, facts: facts, series: "T")
    progress("warming up")
    let warm = await LoadDocuments.orders(2_000, key: key, supplier: supplier, facts: facts, series: "W")
    _ = try await run(warm.compact, seconds: 3, concurrency: concurrency, batch: batch)
    let before = await stages()
    let usage = processUsage()
    progress("measuring for \(seconds) s")
    var result = try await run(documents.compact, seconds: Double(seconds), concurrency: concurrency, batch: batch)
    result.mode = "throughput"
    result.documentBytes = documents.averageBytes
    await finish(&result, before: before, usage: usage)
    return result
  }

  /// One document every 100 ms, each waited for on its own.
  package func latency(
    seconds: Int, key: MemberKey, supplier: String, facts: NetworkFacts, progress: @escaping @Sendable (String) -> Void
  ) async throws -> Measurement {
    let count = seconds * 10
    let documents = await LoadDocuments.orders(count + 20, key: key, supplier: supplier, facts: facts, series: "L")
    progress("warming up")
    for index in 0..<20 { _ = try await client(index).submit(documents.compact[index]) }
    let before = await stages()
    let usage = processUsage()
    progress("measuring for \(seconds) s")
    let start = ContinuousClock.now
    var result = try await withThrowingTaskGroup(of: Double.self) { group in
      for index in 0..<count {
        try await Task.sleep(until: start + .milliseconds(100 * index), clock: .continuous)
        group.addTask {
          let sent = ContinuousClock.now
          let answer = try await client(index).submit(documents.compact[20 + index])
          guard answer.number == 0 else { throw ClientError.story("a document was answered with \(answer.json.text)") }
          return (ContinuousClock.now - sent).inMilliseconds
        }
      }
      var measurement = Measurement()
      for try await latency in group { measurement.latencies.append(latency) }
      return measurement
    }
    result.mode = "latency"
    result.documents = count
    result.concurrency = 1
    result.seconds = (ContinuousClock.now - start).inMilliseconds / 1000
    result.documentBytes = documents.averageBytes
    await finish(&result, before: before, usage: usage)
    return result
  }

  // MARK: Inside

  private func client(_ index: Int) -> NodeClient {
    NodeClient(network.seats.prefix(validators).map(\.url)).preferring(index % validators)
  }

  private func run(
    _ documents: [[UInt8]], seconds: Double, concurrency: Int, batch: Int
  ) async throws -> Measurement {
    let next = Position()
    let start = ContinuousClock.now
    let deadline = start + .milliseconds(Int(seconds * 1000))
    return try await withThrowingTaskGroup(of: (Int, Int, [Double]).self) { group in
      for worker in 0..<concurrency {
        group.addTask {
          var (done, refused) = (0, 0)
          var latencies: [Double] = []
          let client = client(worker)
          while ContinuousClock.now < deadline {
            let from = next.take(batch)
            guard from < documents.count else { break }
            let part = documents[from..<min(from + batch, documents.count)]
            let sent = ContinuousClock.now
            let answer = try await client.post(
              "/v1/documents?wait=executed&timeout=60", Array(part.joined(separator: [0x0a])), type: "application/jose")
            let elapsed = (ContinuousClock.now - sent).inMilliseconds
            for line in answer.body.split(separator: 0x0a) {
              if let json = try? JSON.parse(Array(line)), json["outcome"]?["number"]?.integer == 0 {
                done += 1
                latencies.append(elapsed)
              } else {
                refused += 1
              }
            }
          }
          return (done, refused, latencies)
        }
      }
      var measurement = Measurement()
      for try await (done, refused, latencies) in group {
        measurement.documents += done
        measurement.refused += refused
        measurement.latencies += latencies
      }
      measurement.seconds = (ContinuousClock.now - start).inMilliseconds / 1000
      measurement.concurrency = concurrency
      return measurement
    }
  }

  private func processUsage() -> [(name: String, cpu: Double, megabytes: Double)] {
    var usage: [(name: String, cpu: Double, megabytes: Double)] = network.seats.compactMap { seat in
      network.processID(of: seat.name).flatMap { Measurement.usage(of: $0) }.map {
        (seat.name, $0.cpuSeconds, $0.megabytes)
      }
    }
    if let own = Measurement.usage(of: ProcessInfo.processInfo.processIdentifier) {
      usage.append(("client", own.cpuSeconds, own.megabytes))
    }
    return usage
  }

  private func stages() async -> [String: (Int64, Int64)] {
    var sums: [String: (Int64, Int64)] = [:]
    for seat in network.seats.prefix(validators) {
      guard case .object(let stages)? = try? await NodeClient([seat.url]).json("/v1/status")["stages"] else { continue }
      for stage in stages {
        let sum = sums[stage.name] ?? (0, 0)
        sums[stage.name] = (
          sum.0 + (stage.value["microseconds"]?.integer ?? 0), sum.1 + (stage.value["items"]?.integer ?? 0)
        )
      }
    }
    return sums
  }

  private func finish(
    _ result: inout Measurement, before: [String: (Int64, Int64)],
    usage: [(name: String, cpu: Double, megabytes: Double)]
  ) async {
    let after = await stages()
    result.validators = validators
    for (name, value) in after.sorted(by: { $0.key < $1.key }) {
      let spent = Double(value.0 - (before[name]?.0 ?? 0))
      // Microseconds of one validator for each document of the measurement.
      result.stages.append((name, spent / Double(max(1, result.documents)) / Double(validators)))
    }
    for now in processUsage() {
      let then = usage.first { $0.name == now.name }?.cpu ?? 0
      result.cpu.append((now.name, now.cpu - then))
      result.resident.append((now.name, now.megabytes))
    }
  }
}

/// How far the workers have come in the list of documents.
private final class Position: Sendable {
  private let value = Atomic<Int>(0)

  func take(_ count: Int) -> Int { value.add(count, ordering: .relaxed).oldValue }
}
