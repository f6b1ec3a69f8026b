import Financing
import LedgerStore

/// F-26: the intervals of each receivable partition its face, and the money adds up.
enum Conservation {
  static func check(_ node: SimulatedNode) -> String? {
    var values: [(key: [UInt8], value: [UInt8])] = []
    do {
      try node.store.forEach(under: StoreKey.Table.state.prefix) { key, value throws(StorageFailure) in
        values.append((Array(key.dropFirst()), value))
        return .on
      }
    } catch {
      return "node \(node.index): \(error)"
    }
    guard let finding = Invariants.findings(in: values).first else { return nil }
    return "node \(node.index), \(finding.code): \(finding.message)"
  }
}
