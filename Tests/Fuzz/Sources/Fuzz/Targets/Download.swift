import Ledger
import Sodium

extension FuzzTarget {
  /// A state that comes from peers nobody trusts: the input is their answers, one after the other, each offered to the
  /// first requests. What comes is what the root commits to, or nothing.
  static let download = FuzzTarget(
    name: "download", maximumBytes: 16_384,
    seeds: {
      let all = StateChunkAnswer.leaves(StateExamples.entries).cbor
      let place = StatePrefix(path: StateExamples.root, depth: 3)
      let request = StateChunkRequest(height: 1, prefix: place, digest: StateExamples.root)
      return [all, answers(inNodesTo: 1), answers(inNodesTo: 2), request.cbor]
    }, bytes: extremes
  ) { bytes in
    if let request = try? StateChunkRequest(cbor: bytes) {
      demand(request.cbor == bytes, "a request was read from bytes that it does not write")
      let place = StatePrefix(path: request.prefix.path, depth: request.prefix.depth)
      demand(request.prefix == place, "one place has two names")
    }
    if let restored = try? StateDownload(cbor: bytes) {
      demand(restored.cbor == bytes, "a download was read from bytes that it does not write")
      go(on: restored, with: StateChunkAnswer.leaves(StateExamples.entries).cbor)
    }
    go(on: StateDownload(root: StateExamples.root, height: 1), with: bytes)
  }

  private static func go(on download: StateDownload, with bytes: [UInt8]) {
    var download = download
    let isWhole = download == StateDownload(root: StateExamples.root, height: 1)
    var taken: [StateChunk.Entry] = []
    var reader = CBORReader(bytes)
    while let answer = try? reader.value(StateChunkAnswer.self) {
      demand((try? StateChunkAnswer(cbor: answer.cbor)) == answer)
      for request in download.requests(limit: 4) {
        let before = download
        do throws(StateChunkFailure) {
          taken += try download.take(answer, to: request).entries
          break
        } catch {
          demand(download == before, "an answer that was refused left a trace")
        }
      }
      demand((try? StateDownload(cbor: download.cbor)) == download, "a download does not survive a restart")
      demand((0...1_000_000).contains(download.millionths))
    }
    guard isWhole else { return }
    for entry in taken {
      demand(StateExamples.entries.contains(StateEntry(key: entry.key, value: entry.value)), "a forged entry")
    }
    if download.isComplete { demand(taken.count == StateExamples.entries.count, "the state is not whole") }
  }

  /// Honest answers: digests down to a depth, entries below it.
  private static func answers(inNodesTo depth: Int) -> [UInt8] {
    var download = StateDownload(root: StateExamples.root, height: 1)
    var writer = CBORWriter()
    while let request = download.requests(limit: 1).first {
      var answer = StateChunkAnswer.leaves(
        StateExamples.entries.filter { request.prefix.contains(StateTree.path(ofKey: $0.key)) })
      do {
        let place = try StateTree.place(request.prefix, digest: request.digest, root: 1, reader: StateExamples.memory)
        if request.prefix.depth < depth, case .node(let digests) = place { answer = .node(digests) }
        _ = try download.take(answer, to: request)
      } catch {
        fatalError("an honest answer was refused: \(error)")
      }
      writer.value(answer)
    }
    return writer.bytes
  }
}
