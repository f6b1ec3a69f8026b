/// What clients sent and what nodes told them, in the order in which each session saw it. Documents and roots are
/// hexadecimal.
package struct History: Sendable {
  /// One client that talks to one node at a time and waits for each answer.
  package struct Event: Equatable, Sendable {
    package enum What: Equatable, Sendable {
      case sent(document: String)
      /// An answer to a submission: finalized at `height`, and executed where there is an outcome.
      case acknowledged(document: String, height: Int64, outcome: Int64?)
      /// An answer to a question; nil when the node knew no outcome.
      case read(document: String, Recorded?)
      case head(height: Int64, stateRoot: String)
    }

    package let session: Int
    package let node: String
    package let what: What

    package init(session: Int, node: String, _ what: What) {
      self.session = session
      self.node = node
      self.what = what
    }
  }

  package struct Recorded: Equatable, Hashable, Sendable {
    package let height: Int64
    package let outcome: Int64

    package init(height: Int64, outcome: Int64) {
      self.height = height
      self.outcome = outcome
    }
  }

  package private(set) var events: [Event] = []
  /// Every acknowledgement, in order.
  package private(set) var acknowledged: [(document: String, height: Int64)] = []
  package private(set) var sent = 0

  package init() {}

  package mutating func note(_ event: Event) {
    events.append(event)
    switch event.what {
    case .sent: sent += 1
    case .acknowledged(let document, let height, _): acknowledged.append((document, height))
    case .read, .head: break
    }
  }
}

/// What one node holds when all is over.
package struct NodeRecord: Sendable {
  package struct Block: Equatable, Sendable {
    package let digest: String
    package let stateRoot: String
    package let documents: [(id: String, outcome: Int64)]

    package init(digest: String, stateRoot: String, documents: [(id: String, outcome: Int64)]) {
      self.digest = digest
      self.stateRoot = stateRoot
      self.documents = documents
    }

    package static func == (a: Block, b: Block) -> Bool {
      a.digest == b.digest && a.stateRoot == b.stateRoot
        && a.documents.elementsEqual(b.documents) { $0.id == $1.id && $0.outcome == $1.outcome }
    }
  }

  package let node: String
  /// The height of the first of `blocks`: above 1 at a node that began from a snapshot.
  package let first: Int64
  package let blocks: [Block]

  package init(node: String, first: Int64 = 1, blocks: [Block]) {
    self.node = node
    self.first = first
    self.blocks = blocks
  }

  /// The height of the last block.
  package var height: Int64 { first + Int64(blocks.count) - 1 }

  package subscript(height: Int64) -> Block? {
    height >= first && height <= self.height ? blocks[Int(height - first)] : nil
  }
}
