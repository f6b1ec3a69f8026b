import Ledger
import Sodium

extension Validator {
  init(_ form: inout Form) {
    self.init(
      organisation: form.identifier("organisation"), voteKey: form.publicKey("voteKey"),
      transportKey: form.publicKey("transportKey"))
  }

  /// K-17: what the vote key signs so that no mistyped or borrowed key becomes a validator's: this validator, with both
  /// of its keys, in one epoch of one network.
  package func possessionStatement(network: String, epoch: UInt64) -> [UInt8] {
    var writer = CBORWriter()
    writer.array(3)
    writer.text(network)
    writer.unsigned(epoch)
    writer.value(self)
    return Digest(.possession, of: writer.bytes).bytes
  }
}
