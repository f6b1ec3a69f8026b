import Ledger

extension FuzzTarget {
  /// The reader of every document, genesis, key file and disclosure.
  static let json = FuzzTarget(
    name: "json", maximumBytes: 66_000,
    seeds: {
      [
        ExampleNetwork.genesisJSON.utf8, Array(ExampleNetwork.genesisJSON.indented.utf8),
        Array(#"{"":[-9007199254740991,1.5,true,false,null,"\u00e9\ud834\udd1e\/~"],"~/":{}}"#.utf8),
      ]
    },
    words: ["\\u", "\\ud834\\udd1e", "\\\"", "true", "false", "null", "9007199254740992", "-0", "1e1"]
  ) { bytes in
    let value: JSON
    do throws(JSONError) {
      value = try JSON.parse(bytes)
    } catch {
      demand((0...bytes.count).contains(error.offset), "an error stands outside the text")
      return
    }
    let compact = value.utf8
    // Writing may escape a control character that had a shorter escape, so only a small text must still fit.
    guard compact.count <= JSONLimits().bytes else { return }
    demand((try? JSON.parse(compact)) == value, "the compact text says something else")
    let indented = Array(value.indented.utf8)
    if indented.count <= JSONLimits().bytes {
      demand((try? JSON.parse(indented)) == value, "the indented text says something else")
    }
    _ = try? DocumentDraft.read(bytes)
  }
}
