import Foundation

/// Vectors that nobody here wrote. They stand beside the repository, or where LIANRONG_TEST_DATA says; tests that
/// need them are disabled where they are absent.
enum TestData {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["LIANRONG_TEST_DATA"] { return URL(fileURLWithPath: path) }
    return URL(fileURLWithPath: #filePath).appending(path: "../../../../shared/data").standardizedFileURL
  }()

  static let isPresent = FileManager.default.fileExists(atPath: folder.path)
}

extension TestData {
  static func json<T: Decodable>(_ type: T.Type, _ path: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: path)))
  }

  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appending(path: path)), as: UTF8.self)
  }
}
