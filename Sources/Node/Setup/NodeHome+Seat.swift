import Contracts
import Foundation
import Ledger
import Replication
import Sodium

extension NodeHome {
  /// This node as a validator of `epoch`, with its vote key's signature (K-17), as `validators/1` takes it.
  ///
  /// - Parameter inUse: the vote key of the present epoch where this node is a validator. A key that took over since the
  ///   last rotation moves to its place first.
  package func seat(
    organisation: String, network: String, epoch: UInt64, inUse: PublicKey?, passphrase: [UInt8]?
  ) throws -> JSON {
    if FileManager.default.fileExists(atPath: nextVoteKey),
      try readKey(nextVoteKey, passphrase: passphrase).publicKey == inUse
    {
      try FileManager.default.moveItem(atPath: voteKey, toPath: "\(path)/vote.epoch-\(epoch - 1).key.json")
      try FileManager.default.moveItem(atPath: nextVoteKey, toPath: voteKey)
    }
    let isFirst = !FileManager.default.fileExists(atPath: voteKey)
    let path = isFirst ? voteKey : nextVoteKey
    if !FileManager.default.fileExists(atPath: path) {
      try makeVoteKey(path, name: "\(organisation)/vote", passphrase: passphrase)
      if isFirst { try Signer.prepare(path: signState) }
    }
    let transportKey = try readKey(transportKey, passphrase: passphrase)
    let key = try readKey(path, passphrase: passphrase)
    let validator = Validator(
      organisation: organisation, voteKey: key.publicKey, transportKey: transportKey.publicKey)
    let possession = key.sign(validator.possessionStatement(network: network, epoch: epoch))
    return [
      "organisation": .string(organisation), "voteKey": .string(Base64URL.encode(key.publicKey.bytes)),
      "transportKey": .string(Base64URL.encode(transportKey.publicKey.bytes)),
      "possession": .string(Base64URL.encode(possession.bytes)),
    ]
  }

  private func makeVoteKey(_ path: String, name: String, passphrase: [UInt8]?) throws {
    guard
      let key = KeyFile.make(
        name: name, use: .signing, seed: randomBytes(32), passphrase: passphrase,
        salt: randomBytes(PassphraseBox.saltSize), nonce: randomBytes(PassphraseBox.nonceSize))
    else { throw NodeFailure.configuration(path: path, "the passphrase is empty, or 256 MiB of memory are not there") }
    try NodeFiles.write(key.json.indented.utf8, to: path)
  }
}
