import Contracts
import Ledger
import Sodium

/// Documents for a measurement: small orders, signed before it begins.
package struct LoadDocuments: Sendable {
  package let compact: [[UInt8]]

  /// `count` orders of `key`'s member to `supplier`, about 400 bytes each, on as many threads as there are cores.
  package static func orders(
    _ count: Int, key: MemberKey, supplier: String, facts: NetworkFacts, series: String
  ) async -> LoadDocuments {
    let chunk = 1000
    var parts: [Int: [[UInt8]]] = [:]
    await withTaskGroup(of: (Int, [[UInt8]]).self) { group in
      for start in stride(from: 0, to: count, by: chunk) {
        group.addTask {
          (start, (start..<min(start + chunk, count)).map { order($0, key, supplier, facts, series) })
        }
      }
      for await (start, part) in group { parts[start] = part }
    }
    return LoadDocuments(compact: parts.sorted { $0.key < $1.key }.flatMap(\.value))
  }

  private static func order(
    _ index: Int, _ key: MemberKey, _ supplier: String, _ facts: NetworkFacts, _ series: String
  ) -> [UInt8] {
    let draft = DocumentDraft(
      type: "order/1",
      terms: [
        "number": .string("\(series)\(index)"), "supplier": .string(supplier), "currency": "CNY", "date": "2026-01-05",
        "lines": [["line": "1", "quantity": "5", "unit": "EA", "amount": "2300.00"]], "carriers": [],
      ])
    return key.sign(draft, network: facts.network, now: facts.now, validity: facts.validity).compact
  }

  package var averageBytes: Int { compact.isEmpty ? 0 : compact.reduce(0) { $0 + $1.count } / compact.count }
}
