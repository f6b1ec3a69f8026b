import Ledger
import Replication
import Sodium

/// What a node has told anyone it has after a restart too, and every document that anyone reported executed is in every
/// node's chain in the end.
enum NothingLost {
  static func check(start node: SimulatedNode) -> String? {
    guard let head = node.head, head.height < node.reported else { return nil }
    return "node \(node.index) had executed height \(node.reported) and starts at \(head.height)"
  }

  static func check(end node: SimulatedNode, _ clients: Clients) -> String? {
    guard let chain = node.life?.chain else { return nil }
    // What lies below a snapshot is there as blocks, without the places of their documents.
    guard let oldest = try? chain.store.oldestHeight() else { return "node \(node.index) cannot read its store" }
    for (document, height) in clients.executed where height <= chain.head.height && height >= oldest {
      do {
        guard let location = try chain.store.location(of: document), location.height == height else {
          return "document \(document), executed at height \(height), is not in the chain of node \(node.index)"
        }
      } catch {
        return "node \(node.index): \(error)"
      }
    }
    return nil
  }
}
