import LedgerStore

/// Files in memory, which can be damaged. For one thread.
final class MemoryFiles: FileSystem, @unchecked Sendable {
  private var files: [String: MemoryFile]

  init(_ contents: [String: [UInt8]] = [:]) { files = contents.mapValues { MemoryFile($0) } }

  func contents(of path: String) -> [UInt8] { files[path]?.bytes ?? [] }

  /// Counting through all files in the order of their names, beginning anew at the end.
  func damage(at place: Int, change: UInt8) {
    let total = files.values.reduce(0) { $0 + $1.bytes.count }
    guard total > 0 else { return }
    var place = place % total
    for (_, file) in files.sorted(by: { $0.key < $1.key }) {
      guard place >= file.bytes.count else {
        if change == 0 { file.bytes.removeSubrange(place...) } else { file.bytes[place] ^= change }
        return
      }
      place -= file.bytes.count
    }
  }

  func open(_ path: String, _ access: FileAccess) throws(StorageFailure) -> any StoredFile {
    switch (files[path], access) {
    case (let file?, .read), (let file?, .readWrite), (let file?, .createOrOpen): return file
    case (nil, .read), (nil, .readWrite): throw StorageFailure(.missing, "there is no \(path)")
    case (_, .create), (nil, .createOrOpen):
      let file = MemoryFile([])
      files[path] = file
      return file
    }
  }

  func names(in folder: String) throws(StorageFailure) -> [String] {
    files.keys.filter { $0.hasPrefix(folder + "/") }.map { String($0.dropFirst(folder.count + 1)) }.sorted()
  }

  func createFolder(_ path: String) throws(StorageFailure) {}

  func remove(_ path: String) throws(StorageFailure) { files[path] = nil }

  func rename(_ path: String, to name: String) throws(StorageFailure) {
    files[name] = files[path]
    files[path] = nil
  }

  func syncFolder(_ path: String) throws(StorageFailure) {}
}

private final class MemoryFile: StoredFile, @unchecked Sendable {
  var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func byteCount() throws(StorageFailure) -> Int { bytes.count }

  func read(_ count: Int) throws(StorageFailure) -> [UInt8] { Array(bytes.prefix(count)) }

  func write(_ new: [UInt8], at offset: Int) throws(StorageFailure) {
    bytes += [UInt8](repeating: 0, count: max(0, offset + new.count - bytes.count))
    bytes.replaceSubrange(offset..<offset + new.count, with: new)
  }

  func sync() throws(StorageFailure) {}

  func truncate(to count: Int) throws(StorageFailure) { bytes.removeSubrange(count...) }
}
