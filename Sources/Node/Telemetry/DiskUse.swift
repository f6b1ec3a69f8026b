import Foundation

/// What the node's folder takes, and what is left.
enum DiskUse {
  /// Bytes that are free on the disk of `path` for this process; nil where the system does not say.
  static func free(_ path: String) -> Int64? {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
    return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
  }

  /// Bytes of the files in a folder, not counting folders within.
  static func size(of folder: String) -> Int64 {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
      return sum + ((attributes?[.size] as? NSNumber)?.int64Value ?? 0)
    }
  }
}
