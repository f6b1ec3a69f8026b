import Foundation

/// The files of this repository.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func files(under folder: String, suffix: String) -> [(path: String, text: String)] {
    let base = root.appending(path: folder)
    let found =
      FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
    return found.filter { $0.path.hasSuffix(suffix) }.map(\.path).sorted().compactMap { path in
      (try? String(contentsOfFile: path, encoding: .utf8)).map {
        (String(path.dropFirst(root.path.count + 1)), $0)
      }
    }
  }

  static func text(_ path: String) -> String {
    (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
  }
}
