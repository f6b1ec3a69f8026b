import Foundation
import LedgerStore

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "ledger-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  subscript(name: String) -> String { path + "/" + name }
}

/// The bytes of files, seen and changed behind the store's back.
enum OnDisk {
  static func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

  static func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

  static func copy(_ path: String, to target: String) throws {
    if FileManager.default.fileExists(atPath: target) { try remove(target) }
    try FileManager.default.copyItem(atPath: path, toPath: target)
  }

  static func move(_ path: String, to target: String) throws {
    try FileManager.default.moveItem(atPath: path, toPath: target)
  }

  static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  static func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }
}

/// The kind of the failure that `body` ends in; nil when it succeeds.
func failure(_ body: () throws(StorageFailure) -> Void) -> StorageFailure.Kind? {
  do {
    try body()
    return nil
  } catch {
    return error.kind
  }
}

extension String {
  var bytes: [UInt8] { Array(utf8) }
}
