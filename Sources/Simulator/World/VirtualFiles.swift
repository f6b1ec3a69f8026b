import LedgerStore

/// The files of one node on a disk that keeps only what it has synced. Confined to the thread of its seed.
///
/// A crash undoes the writes that no sync has covered, and then lets any of them through again, whole or in part, as a
/// disk that writes its pages in any order does; of changed names it keeps those that came first.
final class VirtualFiles: FileSystem, @unchecked Sendable {
  fileprivate final class Node {
    var bytes: [UInt8] = []
    /// Writes since the last sync, oldest first, with what they replaced.
    var unsynced: [Write] = []
  }

  fileprivate struct Write {
    let offset: Int
    let bytes: [UInt8]
    let replaced: [UInt8]
    let countBefore: Int
  }

  private enum NameChange {
    case set(String, Node)
    case remove(String)
    case rename(String, String, Node)
  }

  private var names: [String: Node] = [:]
  private var durableNames: [String: Node] = [:]
  private var changes: [NameChange] = []
  let power: VirtualPower

  init(_ power: VirtualPower) { self.power = power }

  // MARK: FileSystem

  func open(_ path: String, _ access: FileAccess) throws(StorageFailure) -> any StoredFile {
    switch (names[path], access) {
    case (let node?, .read), (let node?, .readWrite), (let node?, .createOrOpen): return OpenFile(node, path, self)
    case (nil, .read), (nil, .readWrite): throw StorageFailure(.missing, "\(path) is missing")
    case (let node?, .create):
      try power.spend(path)
      node.truncate(to: 0)
      return OpenFile(node, path, self)
    case (nil, .create), (nil, .createOrOpen):
      try power.spend(path)
      let node = Node()
      names[path] = node
      changes.append(.set(path, node))
      return OpenFile(node, path, self)
    }
  }

  func names(in folder: String) throws(StorageFailure) -> [String] {
    try power.check(folder)
    return names.keys.filter { self.folder(of: $0) == folder }.map { String($0.dropFirst(folder.count + 1)) }.sorted()
  }

  func createFolder(_ path: String) throws(StorageFailure) { try power.check(path) }

  func remove(_ path: String) throws(StorageFailure) {
    try power.spend(path)
    guard names.removeValue(forKey: path) != nil else { throw StorageFailure(.missing, "\(path) is missing") }
    changes.append(.remove(path))
  }

  func rename(_ path: String, to name: String) throws(StorageFailure) {
    try power.spend(path)
    guard let node = names.removeValue(forKey: path) else { throw StorageFailure(.missing, "\(path) is missing") }
    names[name] = node
    changes.append(.rename(path, name, node))
  }

  func syncFolder(_ path: String) throws(StorageFailure) {
    try power.sync(path)
    guard !power.liesAboutSync else { return }
    for change in changes { VirtualFiles.apply(change, to: &durableNames) }
    changes = []
  }

  private static func apply(_ change: NameChange, to names: inout [String: Node]) {
    switch change {
    case .set(let path, let node): names[path] = node
    case .remove(let path): names[path] = nil
    case .rename(let old, let new, let node):
      names[old] = nil
      names[new] = node
    }
  }

  // MARK: What befalls them

  struct Loss {
    var lost = 0
    var torn = 0
  }

  /// The power goes: what is left is what the next start finds.
  func crash(_ generator: inout SeededGenerator) -> Loss {
    var loss = Loss()
    for path in durableNames.keys.sorted() { durableNames[path]!.crash(&generator, &loss) }
    for change in changes.prefix(generator.below(changes.count + 1)) {
      if case .set(_, let node) = change { node.crash(&generator, &loss) }
      VirtualFiles.apply(change, to: &durableNames)
    }
    changes = []
    names = durableNames
    return loss
  }

  /// One bit of one stored file turns over; nil when there is nothing to turn.
  func rot(_ generator: inout SeededGenerator) -> String? {
    let paths = durableNames.keys.filter { !durableNames[$0]!.bytes.isEmpty }.sorted()
    guard !paths.isEmpty else { return nil }
    let path = paths[generator.below(paths.count)]
    let node = durableNames[path]!
    node.bytes[generator.below(node.bytes.count)] ^= 1 << UInt8(generator.below(8))
    return path
  }

  func wipe() {
    names = [:]
    durableNames = [:]
    changes = []
  }

  /// What a backup of the running node's files would hold: also what is not synced yet.
  func copy(_ power: VirtualPower) -> VirtualFiles {
    let copy = VirtualFiles(power)
    for (path, node) in names {
      let twin = Node()
      twin.bytes = node.bytes
      copy.names[path] = twin
      copy.durableNames[path] = twin
    }
    return copy
  }

  func restore(_ backup: VirtualFiles) {
    let copy = backup.copy(power)
    names = copy.names
    durableNames = copy.durableNames
    changes = []
  }

  func forget(_ path: String) {
    names[path] = nil
    durableNames[path] = nil
  }

  func forgetAll(under folder: String) {
    for path in names.keys where path.hasPrefix(folder + "/") { names[path] = nil }
    for path in durableNames.keys where path.hasPrefix(folder + "/") { durableNames[path] = nil }
    changes = []
  }

  var byteCount: Int { names.values.reduce(0) { $0 + $1.bytes.count } }
  var count: Int { names.count }
}

extension VirtualFiles.Node {
  fileprivate func write(_ new: [UInt8], at offset: Int) {
    let end = offset + new.count
    let countBefore = bytes.count
    let replaced = offset < countBefore ? Array(bytes[offset..<min(end, countBefore)]) : []
    unsynced.append(VirtualFiles.Write(offset: offset, bytes: new, replaced: replaced, countBefore: countBefore))
    put(new[...], at: offset)
  }

  private func put(_ new: ArraySlice<UInt8>, at offset: Int) {
    if offset == bytes.count {
      bytes.append(contentsOf: new)
      return
    }
    if bytes.count < offset + new.count {
      bytes.append(contentsOf: repeatElement(0, count: offset + new.count - bytes.count))
    }
    bytes.replaceSubrange(offset..<offset + new.count, with: new)
  }

  /// Truncation is durable at once: the weaker promise would only give the torn tail back that was cut.
  fileprivate func truncate(to count: Int) {
    if count < bytes.count { bytes.removeLast(bytes.count - count) }
    unsynced = []
  }

  fileprivate func crash(_ generator: inout SeededGenerator, _ loss: inout VirtualFiles.Loss) {
    guard !unsynced.isEmpty else { return }
    let writes = unsynced
    unsynced = []
    for write in writes.reversed() {
      if bytes.count > write.countBefore { bytes.removeLast(bytes.count - write.countBefore) }
      if !write.replaced.isEmpty {
        bytes.replaceSubrange(write.offset..<write.offset + write.replaced.count, with: write.replaced)
      }
    }
    for write in writes {
      switch generator.below(3) {
      case 0: loss.lost += 1
      case 1: put(write.bytes[...], at: write.offset)
      default:
        loss.torn += 1
        put(write.bytes.prefix(generator.below(write.bytes.count + 1)), at: write.offset)
      }
    }
  }
}

/// An open file of a node; one that was open before a crash reaches nothing any more.
private final class OpenFile: StoredFile, @unchecked Sendable {
  private let node: VirtualFiles.Node
  private let path: String
  private let power: VirtualPower

  init(_ node: VirtualFiles.Node, _ path: String, _ files: VirtualFiles) {
    self.node = node
    self.path = path
    power = files.power
  }

  func byteCount() throws(StorageFailure) -> Int { node.bytes.count }

  func read(_ count: Int) throws(StorageFailure) -> [UInt8] {
    try power.check(path)
    return count >= node.bytes.count ? node.bytes : Array(node.bytes.prefix(count))
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(StorageFailure) {
    do {
      try power.spend(path, bytes.count)
    } catch {
      // Any part of it may have been written.
      if power.isOn || power.failedNow { node.write(Array(bytes.prefix(bytes.count / 2)), at: offset) }
      throw error
    }
    node.write(bytes, at: offset)
  }

  func sync() throws(StorageFailure) {
    try power.sync(path)
    if !power.liesAboutSync { node.unsynced.removeAll(keepingCapacity: true) }
  }

  func truncate(to count: Int) throws(StorageFailure) {
    try power.spend(path)
    node.truncate(to: count)
  }
}
