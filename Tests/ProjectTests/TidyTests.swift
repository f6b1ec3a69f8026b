import Foundation
import Testing

@Suite("House rules")
struct TidyTests {
  static let sources =
    Repository.files(under: "Sources", suffix: ".swift") + Repository.files(under: "Tests", suffix: ".swift")

  @Test("no file is named after nothing in particular") func names() {
    for (path, _) in Self.sources {
      for name in ["Common", "Core", "Utils", "Util", "Helpers", "Helper", "Manager"] {
        #expect(!path.split(separator: "/").contains { $0 == "\(name)" || $0 == "\(name).swift" }, "\(path)")
      }
    }
  }

  @Test("files are of a size that can be read") func sizes() {
    for (path, text) in Self.sources {
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 500, "\(path)")
    }
  }

  @Test("nothing is left undone") func marks() {
    let words = ["TO" + "DO", "FIX" + "ME", "try" + "!"]
    for (path, text) in Self.sources {
      for word in words { #expect(!text.contains(word), "\(path) contains \(word)") }
    }
  }
}
