import Client
import Foundation
import Ledger

/// Files that nobody here wrote. They stand beside the repository, or where LIANRONG_TEST_DATA says; tests that need
/// them are disabled where they are absent.
enum BusinessFiles {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["LIANRONG_TEST_DATA"] { return URL(fileURLWithPath: path) }
    return repository.appending(path: "../shared/data").standardizedFileURL
  }()

  static let arePresent = FileManager.default.fileExists(atPath: folder.path)

  /// Tests/ClientTests/Business/… of the repository, also where it is built through links.
  private static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "../../..").standardizedFileURL

  static func files(under path: String, _ extensions: Set<String> = ["xml"]) -> [URL] {
    let found = FileManager.default.enumerator(at: folder.appending(path: path), includingPropertiesForKeys: nil)
    return (found?.compactMap { $0 as? URL } ?? []).filter { extensions.contains($0.pathExtension) }
      .sorted { $0.path < $1.path }
  }

  static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: path))) }

  static func demo(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: repository.appending(path: "genesis/demo/ubl/\(name).xml")))
  }
}

/// What a file without faults became.
struct Imported {
  let type: String
  let draft: DocumentDraft
  let notCarried: [String]

  init?(_ result: ImportResult) {
    guard case .imported(let type, let drafts, let notCarried) = result, let draft = drafts.first, drafts.count == 1
    else { return nil }
    self.type = type
    self.draft = draft
    self.notCarried = notCarried
  }
}

extension ImportResult {
  var refusal: ImportRefusal? {
    if case .refused(let code, _) = self { code } else { nil }
  }

  var message: String? {
    if case .refused(_, let message) = self { message } else { nil }
  }
}
