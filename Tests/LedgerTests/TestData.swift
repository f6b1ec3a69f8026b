import Foundation

/// Vectors that nobody here wrote. They stand beside the repository, or where LIANRONG_TEST_DATA says; tests that
/// need them are disabled where they are absent.
enum TestData {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["LIANRONG_TEST_DATA"] { return URL(fileURLWithPath: path) }
    return URL(fileURLWithPath: #filePath).appending(path: "../../../../shared/data").standardizedFileURL
  }()

  static let isPresent = FileManager.default.fileExists(atPath: folder.path)

  static func files(under path: String) -> [URL] {
    FileManager.default.enumerator(at: folder.appending(path: path), includingPropertiesForKeys: nil)?
      .compactMap { $0 as? URL }.filter { !$0.hasDirectoryPath }.sorted { $0.path < $1.path } ?? []
  }
}
