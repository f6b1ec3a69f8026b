import Foundation
import Ledger

/// What a measurement of a running network came to.
package struct Measurement: Sendable {
  package var mode = ""
  package var documents = 0
  package var refused = 0
  package var seconds = 0.0
  package var latencies: [Double] = []
  package var validators = 0
  package var documentBytes = 0
  package var concurrency = 0
  package var cpu: [(name: String, seconds: Double)] = []
  package var resident: [(name: String, megabytes: Double)] = []
  package var stages: [(name: String, microsecondsPerDocument: Double)] = []

  package var json: JSON {
    let sorted = latencies.sorted()
    func percentile(_ p: Double) -> JSON {
      guard !sorted.isEmpty else { return .null }
      return Measurement.decimal(sorted[min(sorted.count - 1, Int((Double(sorted.count) * p).rounded(.down)))])
    }
    return [
      "mode": .string(mode), "documentsPerSecond": Measurement.decimal(seconds > 0 ? Double(documents) / seconds : 0),
      "latencyMilliseconds": [
        "p50": percentile(0.5), "p90": percentile(0.9), "p99": percentile(0.99),
        "max": sorted.last.map { Measurement.decimal($0) } ?? .null,
      ],
      "documents": .integer(Int64(documents)), "refused": .integer(Int64(refused)),
      "validators": .integer(Int64(validators)), "documentBytes": .integer(Int64(documentBytes)),
      "concurrency": .integer(Int64(concurrency)),
      "cores": .integer(Int64(ProcessInfo.processInfo.activeProcessorCount)),
      "durationSeconds": Measurement.decimal(seconds),
      "cpuSecondsPerProcess": .object(cpu.map { .init($0.name, Measurement.decimal($0.seconds)) }),
      "residentMegabytesPerProcess": .object(resident.map { .init($0.name, Measurement.decimal($0.megabytes)) }),
      "stages": .object(stages.map { .init($0.name, Measurement.decimal($0.microsecondsPerDocument)) }),
    ]
  }

  /// Three decimals. The project's own JSON has no fractions, as documents must not; a report may, so it is written as
  /// the
  /// number it is by `text`.
  private static func decimal(_ value: Double) -> JSON { .string(String(format: "%.3f", value)) }

  /// One JSON object, with measured values as numbers.
  package var text: String { Measurement.unquoted(json.text) }

  private static func unquoted(_ text: String) -> String {
    text.replacingOccurrences(of: #""(-?[0-9]+\.[0-9]{3})""#, with: "$1", options: .regularExpression)
  }

  /// CPU time and resident memory of a process, from /proc.
  package static func usage(of process: Int32) -> (cpuSeconds: Double, megabytes: Double)? {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let close = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: close)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
    let kilobytes =
      status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      .flatMap { Double($0.split(separator: " ").dropLast().last ?? $0[...]) } ?? 0
    return ((user + system) / 100, kilobytes / 1024)
  }
}
