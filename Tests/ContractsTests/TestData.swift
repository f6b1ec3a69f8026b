import Foundation

/// Reference data that nobody here wrote. It stands beside the repository, or where LIANRONG_TEST_DATA says; tests
/// that need
/// it are disabled where it is absent.
enum TestData {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["LIANRONG_TEST_DATA"] { return URL(fileURLWithPath: path) }
    return URL(fileURLWithPath: #filePath).appending(path: "../../../../shared/data").standardizedFileURL
  }()

  static let isPresent = FileManager.default.fileExists(atPath: folder.path)

  static func text(_ path: String) throws -> String {
    try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }

  /// The words of `length` letters and digits that a doctest lists, one a line.
  static func listed(in path: String, length: Int) throws -> [String] {
    try text(path).split(separator: "\n").filter { $0.hasPrefix("... ") }.map { String($0.dropFirst(4)) }
      .filter { $0.count == length && $0.allSatisfy { $0.isNumber || $0.isUppercase } }
  }
}
