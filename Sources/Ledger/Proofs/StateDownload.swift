import Sodium

/// The state at one height on its way here, from peers that nobody trusts: what is still to be asked for. The state
/// root is certified; from it downwards each answer is proved before anything of it is kept, so that it does not
/// matter who sent it, nor how many peers send different parts.
///
/// A value: store it in the batch that stores a chunk, and after a crash go on from there. It holds at most
/// `maximumOpen` + 64 nodes, whatever peers send.
package struct StateDownload: Equatable, Sendable {
  /// Of the state that comes.
  package let root: Digest
  /// Its height, which is the version of all nodes that are written.
  package let height: UInt64
  /// What has come.
  package private(set) var entries: UInt64 = 0
  /// The keys and values that have come.
  package private(set) var bytes: UInt64 = 0
  private var isRootOutstanding: Bool
  /// Nodes that are known but not written, the deepest first, so that what was begun is finished before more is.
  private var open: [OpenNode] = []

  /// A node with a place below it whose subtree has not come: until then it is not known which places have a key alone.
  private struct OpenNode: Equatable, Sendable {
    let prefix: StatePrefix
    /// A place that is not known yet stands here as a node of its own.
    var node: StateNode
    /// Bit i for place i.
    var outstanding: UInt16

    func awaits(_ nibble: Int) -> Bool { outstanding & 1 << UInt16(nibble) != 0 }

    static func < (a: OpenNode, b: OpenNode) -> Bool {
      a.prefix.depth != b.prefix.depth ? a.prefix.depth > b.prefix.depth : a.prefix < b.prefix
    }
  }

  static let maximumOpen = 512

  package init(root: Digest, height: UInt64) {
    self.root = root
    self.height = height
    isRootOutstanding = root != StateTree.emptyRoot
  }

  package var isComplete: Bool { !isRootOutstanding && open.isEmpty }

  /// The version of the tree's root once the download is complete; nil for the empty tree, which has none.
  package var rootVersion: UInt64? { root == StateTree.emptyRoot ? nil : height }

  /// How much of the state has come, in millionths: paths are hashes, so keys are spread evenly over them.
  package var millionths: Int {
    if isRootOutstanding { return 0 }
    let whole: UInt64 = 1 << 40
    let missing = open.reduce(0) { missing, node in
      missing + UInt64(node.outstanding.nonzeroBitCount) * (whole >> UInt64(min(63, 4 * (node.prefix.depth + 1))))
    }
    return Int((whole - min(whole, missing)) * 1_000_000 / whole)
  }

  /// The first requests to make, always in the same order. They may be put to different peers at once.
  package func requests(limit: Int) -> [StateChunkRequest] {
    if isRootOutstanding { return [StateChunkRequest(height: height, prefix: .root, digest: root)] }
    var requests: [StateChunkRequest] = []
    for node in open {
      for nibble in 0..<16 where node.awaits(nibble) {
        guard requests.count < limit else { return requests }
        requests.append(
          StateChunkRequest(
            height: height, prefix: node.prefix.child(nibble), digest: node.node.children[nibble].digest))
      }
    }
    return requests
  }

  /// Proves an answer, and gives what is to be stored with the download as it is then.
  package mutating func take(
    _ answer: StateChunkAnswer, to request: StateChunkRequest
  ) throws(StateChunkFailure) -> StateChunk {
    let parent = try parent(of: request)
    var (child, nodes): (StateChild, [(key: NodeKey, bytes: [UInt8])])
    var taken: [StateChunk.Entry] = []
    var begun: OpenNode?
    switch answer {
    case .leaves(let entries):
      taken = try StateDownload.ordered(entries, below: request.prefix)
      do throws(StateTreeFailure) {
        (child, nodes) = try StateTree.subtree(of: taken, at: request.prefix.depth, version: height)
      } catch {
        throw .order
      }
      guard child.digest == request.digest else { throw .digest }
    case .node(let digests):
      begun = try opened(digests, at: request.prefix)
      guard begun?.node.digest == request.digest else { throw .digest }
      // The first of the requests can always be answered, so the download goes on.
      guard open.count < StateDownload.maximumOpen || parent == 0 else { throw .full }
      (child, nodes) = (.inner(version: height, digest: request.digest), [])
    }
    resolve(request.prefix, parent, as: child, into: &nodes)
    if let begun { open.insert(begun, at: open.firstIndex { begun < $0 } ?? open.count) }
    entries += UInt64(taken.count)
    bytes += taken.reduce(0) { $0 + UInt64($1.key.count + $1.value.count) }
    return StateChunk(entries: taken, nodes: nodes)
  }

  private func opened(_ digests: [Digest], at prefix: StatePrefix) throws(StateChunkFailure) -> OpenNode {
    guard digests.count == 16, prefix.depth < StateTree.maximumDepth else { throw .size }
    var opened = OpenNode(prefix: prefix, node: StateNode(), outstanding: 0)
    for (nibble, digest) in digests.enumerated() where digest != .zero {
      opened.node.children[nibble] = .inner(version: height, digest: digest)
      opened.outstanding |= 1 << UInt16(nibble)
    }
    return opened
  }

  /// The index of the open node to whose place a request belongs; nil for the root.
  private func parent(of request: StateChunkRequest) throws(StateChunkFailure) -> Int? {
    guard request.height == height else { throw .notAsked }
    if isRootOutstanding {
      guard request.prefix == .root, request.digest == root else { throw .notAsked }
      return nil
    }
    guard request.prefix.depth > 0 else { throw .notAsked }
    let place = StatePrefix(path: request.prefix.path, depth: request.prefix.depth - 1)
    let nibble = Int(request.prefix.path.nibble(place.depth))
    guard let index = open.firstIndex(where: { $0.prefix == place }),
      open[index].awaits(nibble), open[index].node.children[nibble].digest == request.digest
    else { throw .notAsked }
    return index
  }

  private mutating func resolve(
    _ prefix: StatePrefix, _ parent: Int?, as child: StateChild, into nodes: inout [(key: NodeKey, bytes: [UInt8])]
  ) {
    guard let parent else {
      isRootOutstanding = false
      return
    }
    let nibble = Int(prefix.path.nibble(prefix.depth - 1))
    open[parent].node.children[nibble] = child
    open[parent].outstanding &= ~(1 << UInt16(nibble))
    guard open[parent].outstanding == 0 else { return }
    let whole = open.remove(at: parent)
    nodes.append((NodeKey(version: height, path: whole.prefix.path, depth: whole.prefix.depth), whole.node.bytes))
  }

  private static func ordered(
    _ entries: [StateEntry], below prefix: StatePrefix
  ) throws(StateChunkFailure) -> [StateChunk.Entry] {
    let bound = entries.count == 1 ? StateChunkAnswer.maximumEntryWeight : StateChunkAnswer.maximumWeight
    guard !entries.isEmpty, entries.reduce(0, { $0 + $1.weight }) <= bound else { throw .size }
    var ordered: [StateChunk.Entry] = []
    ordered.reserveCapacity(entries.count)
    for entry in entries {
      let path = StateTree.path(ofKey: entry.key)
      guard prefix.contains(path) else { throw .outside }
      if let last = ordered.last, last.path >= path { throw .order }
      ordered.append(StateChunk.Entry(path: path, key: entry.key, value: entry.value))
    }
    return ordered
  }
}

extension StateDownload: CBORCodable {
  /// [root, height, entries, bytes, whether the root is outstanding, [[place, node, mask], …]].
  package func encode(to writer: inout CBORWriter) {
    writer.array(6)
    writer.digest(root)
    writer.unsigned(height)
    writer.unsigned(entries)
    writer.unsigned(bytes)
    writer.bool(isRootOutstanding)
    writer.array(open.count)
    for node in open {
      writer.array(3)
      writer.value(node.prefix)
      writer.bytes(node.node.bytes)
      writer.unsigned(UInt64(node.outstanding))
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(6)
    root = try reader.digest()
    height = try reader.unsigned()
    entries = try reader.unsigned(upTo: UInt64(Int64.max))
    bytes = try reader.unsigned(upTo: UInt64(Int64.max))
    isRootOutstanding = try reader.bool()
    for _ in 0..<(try reader.array(upTo: StateDownload.maximumOpen + StateTree.maximumDepth)) {
      try reader.structure(3)
      let prefix: StatePrefix = try reader.value()
      guard prefix.depth < StateTree.maximumDepth, let node = StateNode(try reader.bytes(upTo: 4 + 16 * 64)) else {
        throw reader.failure(.invalidValue)
      }
      let next = OpenNode(prefix: prefix, node: node, outstanding: UInt16(try reader.unsigned(upTo: 0xffff)))
      guard next.outstanding != 0, (0..<16).allSatisfy({ !next.awaits($0) || node.children[$0].digest != .zero }),
        open.last.map({ $0 < next }) ?? true
      else { throw reader.failure(.invalidValue) }
      open.append(next)
    }
    guard !isRootOutstanding || open.isEmpty else { throw reader.failure(.invalidValue) }
  }
}
