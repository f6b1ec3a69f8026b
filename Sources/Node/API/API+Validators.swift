import Contracts
import HTTPTypes
import Hummingbird
import Ledger
import Replication
import Sodium

/// C-30: who decides, who will, who follows, and the proof of it from the genesis.
extension API {
  func validators(_ group: RouterGroup<BasicRequestContext>) {
    group.get("validators") { _, _ in
      let head = chain.head
      let current = try chain.validators(of: head.epoch)
      let next = try store.object(head.epoch + 1, ValidatorSetRecord.self)
      return Response.json([
        "epoch": .integer(Int64(clamping: head.epoch)), "height": .integer(Int64(clamping: head.height)),
        "quorum": .integer(Int64(current.quorum)), "validators": API.json(current),
        "next": next.map { record in
          [
            "epoch": .integer(Int64(clamping: record.validators.epoch)),
            "decidedAt": .integer(Int64(clamping: record.decidedAt)), "validators": API.json(record.validators),
          ]
        } ?? .null,
        "observers": .array(
          try chain.observers().map {
            [
              "organisation": .string($0.organisation),
              "transportKey": .string(Base64URL.encode($0.transportKey.bytes)),
            ]
          }),
        "proof": .string(Base64URL.encode(try chain.epochProof(to: head.epoch).cbor)),
      ])
    }
  }

  static func json(_ validators: ValidatorSet) -> JSON {
    .array(
      validators.validators.map {
        [
          "organisation": .string($0.organisation), "voteKey": .string(Base64URL.encode($0.voteKey.bytes)),
          "transportKey": .string(Base64URL.encode($0.transportKey.bytes)),
        ]
      })
  }
}
