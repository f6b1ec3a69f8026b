import Contracts
import Financing

extension FuzzTarget {
  /// Signed acts in any order with any terms: no outcome depends on anything but document and state, a refused one
  /// leaves no trace, and the books balance after each (`Script`).
  static let execution = FuzzTarget(
    name: "execution", maximumBytes: 8192,
    seeds: {
      let whole = Script(Script.all[0]).outcomes
      demand(whole.allSatisfy { $0 == .accepted }, "the example story has become another: \(whole)")
      return Script.all.map { Array($0.utf8) }
    },
    words: memberNames + ActRegistry.all.types.map { " \($0.type) " } + ExampleNetwork.keyNames
      + ["\"$1\"", "\"$8\"", "\"%12/river-bank\"", "\nwait 86400\n", "999999999999999", "\"0.01\"", "9999-12-31"]
  ) { bytes in
    _ = Script(String(decoding: bytes, as: UTF8.self))
  }
}
