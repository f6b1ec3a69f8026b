import ArgumentParser
import Client
import Foundation
import Ledger
import Sodium

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Makes and shows key files.", subcommands: [Create.self, Show.self])

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a key file, encrypted under LIANRONG_PASSPHRASE (Argon2id) or, with --plain, as it is.")

    @Argument(help: "Where to write it; an existing file is never overwritten.")
    var file: String

    @Option(name: .long, help: "member/key, the kid under which it will be registered.")
    var name: String

    @Flag(name: .long, help: "An X25519 key, to which others seal, instead of a signing key.")
    var sealing = false

    @Flag(name: .long, help: "No encryption: for development alone.")
    var plain = false

    func run() async throws {
      try await finishing {
        let secret = passphrase()
        guard plain || secret != nil else {
          throw ValidationError("Set LIANRONG_PASSPHRASE to encrypt the key file, or say --plain.")
        }
        guard KeyID(name) != nil else { throw ValidationError("--name is member/key, such as jinling-parts/clerk.") }
        guard !FileManager.default.fileExists(atPath: file) else {
          throw ClientError.keyFile(file, "it exists already")
        }
        guard
          let key = KeyFile.make(
            name: name, use: sealing ? .sealing : .signing, seed: randomBytes(32), passphrase: plain ? nil : secret,
            salt: randomBytes(PassphraseBox.saltSize), nonce: randomBytes(PassphraseBox.nonceSize)),
          FileManager.default.createFile(
            atPath: file, contents: Data(key.json.indented.utf8), attributes: [.posixPermissions: 0o600])
        else { throw ClientError.keyFile(file, "it cannot be written") }
        output(
          JSON.object([.init("name", .string(name)), .init("publicKey", .string(Base64URL.encode(key.publicKey)))]).text
        )
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the public half of a key file as a JSON Web Key (RFC 8037); never the secret.")

    @Argument(help: "The key file.")
    var file: String

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func run() async throws {
      try await finishing {
        let key = try MemberKey.keyFile(file)
        let jwk: JSON = [
          "kty": "OKP", "crv": .string(key.use == .signing ? "Ed25519" : "X25519"), "kid": .string(key.name),
          "x": .string(Base64URL.encode(key.publicKey)),
        ]
        output(
          json
            ? jwk.text
            : "\(key.name)\n\(key.use == .signing ? "signs (Ed25519)" : "opens what is sealed to it (X25519)")\n"
              + "public key  \(Base64URL.encode(key.publicKey))\nencrypted   \(key.isEncrypted ? "yes" : "no")")
      }
    }
  }
}
