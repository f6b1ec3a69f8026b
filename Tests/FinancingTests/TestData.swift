import Foundation

/// Reference data that nobody here wrote. It stands beside the repository, or where LIANRONG_TEST_DATA says; tests that
/// need it are disabled where it is absent.
enum TestData {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["LIANRONG_TEST_DATA"] { return URL(fileURLWithPath: path) }
    return URL(fileURLWithPath: #filePath).appending(path: "../../../../shared/data").standardizedFileURL
  }()

  static let isPresent = FileManager.default.fileExists(atPath: folder.path)

  static func text(_ path: String) throws -> String {
    try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }
}
