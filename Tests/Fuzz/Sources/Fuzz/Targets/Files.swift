import Contracts
import Financing
import Ledger
import Sodium

extension FuzzTarget {
  static let genesis = FuzzTarget(
    name: "genesis", maximumBytes: 66_000, seeds: { [ExampleNetwork.genesisJSON.utf8] },
    words: [
      "\"board\":", "\"clock\":", "\"parameters\":", "\"observers\":", "\"validFromHeight\":", "\"validUntilHeight\":",
      "\"uscc\"", "\"lei\"", "\"governance\"", "\"production\":true", "\"deltaMilliseconds\":", "\"executionLag\":",
    ]
  ) { bytes in
    guard let genesis = try? Genesis(json: bytes) else { return }
    demand(genesis.bytes == bytes && genesis.chain == Digest(.genesis, of: bytes), "the chain is another file's")
    demand(genesis.network.utf8.count <= 64, "no document could name this network")
    demand(genesis.validators.quorum >= 1 && genesis.validators.quorum <= genesis.validators.count)
    demand((try? ValidatorSet(cbor: genesis.validators.cbor)) == genesis.validators)
    let changes = genesis.initialState()
    var state = MemoryState()
    state.apply(changes)
    let findings = Invariants.findings(in: changes.map { ($0.key, $0.value ?? []) })
    demand(findings.isEmpty, "a chain would begin with books that do not balance: \(findings)")
    do throws(StateFailure) {
      _ = try Executor.execute([], in: BlockContext(height: 1, time: genesis.time), on: state)
    } catch {
      fatalError("the first block could not be executed: \(error.message)")
    }
  }

  /// Key files, and boxes cheap enough to be tried.
  static let keyFile = FuzzTarget(
    name: "key-file",
    seeds: {
      let seed = [UInt8](repeating: 9, count: 32)
      let files = [
        KeyFile.make(name: "foundry/main", use: .signing, seed: seed),
        KeyFile.make(name: "foundry", use: .sealing, seed: seed),
        KeyFile.make(
          name: "foundry/main", use: .signing, seed: seed, passphrase: [1], salt: [UInt8](repeating: 1, count: 16),
          nonce: [UInt8](repeating: 2, count: 24), cost: .init(operations: 1, memoryBytes: 8192)),
      ]
      return files.compactMap { $0.map { Array($0.json.indented.utf8) } }
    },
    words: ["\"encrypted\":", "\"seed\":", "\"sealing\"", "\"memoryBytes\":", "\"operations\":"]
  ) { bytes in
    guard let file = try? KeyFile(json: bytes) else { return }
    demand((try? KeyFile(json: file.json.utf8)) == file, "a key file is not what it writes")
    if case .encrypted(_, _, let cost, _) = file.secret {
      demand(cost.isAcceptable, "a key file may cost too much")
      guard cost.operations == 1, cost.memoryBytes <= 65_536 else { return }
    }
    if let key = file.signingKey(passphrase: [1]) {
      demand(key.publicKey.bytes == file.publicKey, "the key is another one's")
    }
    _ = file.openingKey(passphrase: [1])?.publicKey
  }

  /// The text that a bank opens its offer with. Short inputs are filled up with spaces to the constant size.
  static let opening = FuzzTarget(
    name: "opening", maximumBytes: OfferOpening.size,
    seeds: {
      let decline = OfferOpening(.decline, salt: [UInt8](repeating: 7, count: 32))
      return [Script.opening, decline].map { Array($0.text.utf8) }
    },
    words: memberNames + ["\"decision\":", "\"decline\"", "\"offer\"", "\"salt\":", "\"appropriation\":"]
  ) { bytes in
    let filled = bytes + [UInt8](repeating: 0x20, count: max(0, OfferOpening.size - bytes.count))
    let text = String(decoding: filled, as: UTF8.self)
    guard let opening = try? OfferOpening(text) else { return }
    demand(opening.text.utf8.count == OfferOpening.size, "an opening is longer than another")
    demand((try? OfferOpening(opening.text)) == opening, "an opening is not what it writes")
    _ = OfferOpening.commitment(to: text, request: .zero, bank: "bank")
  }
}
