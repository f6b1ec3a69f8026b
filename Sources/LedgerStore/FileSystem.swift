/// Files and folders, as far as the write-ahead log and the sign-state file need them; they use nothing else. A test
/// can make it refuse, and a simulated disk can stand in.
///
/// What is written, and every change of names, may be lost by a crash until the file, or the folder, is synced.
package protocol FileSystem: Sendable {
  /// The file is closed when the last reference to it is gone. Fails with `missing` where none is and none is created.
  func open(_ path: String, _ access: FileAccess) throws(StorageFailure) -> any StoredFile
  /// The names in a folder, sorted.
  func names(in folder: String) throws(StorageFailure) -> [String]
  /// Creates the folder, durably, unless it is there.
  func createFolder(_ path: String) throws(StorageFailure)
  func remove(_ path: String) throws(StorageFailure)
  /// Gives a file another name, in the place of what had that name.
  func rename(_ path: String, to name: String) throws(StorageFailure)
  /// Makes the folder's names (created, renamed, removed) durable.
  func syncFolder(_ path: String) throws(StorageFailure)
}

package enum FileAccess: Sendable {
  case read, readWrite
  /// For reading and writing; empties a file that is there.
  case create
  /// For reading and writing; leaves a file that is there as it is.
  case createOrOpen
}

/// An open file. Its owner confines it: no call overlaps another.
package protocol StoredFile: AnyObject, Sendable {
  func byteCount() throws(StorageFailure) -> Int
  /// The first `count` bytes; fewer when the file is shorter.
  func read(_ count: Int) throws(StorageFailure) -> [UInt8]
  /// All of `bytes`, or it fails, and then any part of them may have been written.
  func write(_ bytes: [UInt8], at offset: Int) throws(StorageFailure)
  /// Makes bytes and length durable. Never repeated after a failure: the kernel may have dropped the pages, and a
  /// second call would report success.
  func sync() throws(StorageFailure)
  func truncate(to count: Int) throws(StorageFailure)
}

extension FileSystem {
  /// The folder that a path's last name stands in.
  package func folder(of path: String) -> String {
    var rest = path[...]
    while rest.count > 1, rest.last == "/" { rest.removeLast() }
    guard let slash = rest.lastIndex(of: "/") else { return "." }
    return slash == rest.startIndex ? "/" : String(rest[..<slash])
  }
}
