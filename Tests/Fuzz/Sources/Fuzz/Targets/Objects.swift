import Contracts
import Financing
import Ledger

extension FuzzTarget {
  /// The values of the state, which a node that joins takes from peers: one table, one type.
  static let objects = FuzzTarget(
    name: "objects", maximumBytes: 8192,
    seeds: {
      let states = (Script.all).map { Script($0).sorted }
      let values = states.flatMap { $0 }.compactMap { entry -> [UInt8]? in
        guard let table = entry.key.first, let index = tables.firstIndex(where: { $0.table.rawValue == table }) else {
          return nil
        }
        return [UInt8(index)] + entry.value
      }
      return Set(values).sorted { $0.lexicographicallyPrecedes($1) }
    }, bytes: extremes
  ) { bytes in
    guard let first = bytes.first else { return }
    tables[Int(first) % tables.count].attack(Array(bytes.dropFirst()))
  }

  private struct Table: Sendable {
    let table: StateTable
    let attack: @Sendable ([UInt8]) -> Void

    init<T: StateObject>(_ type: T.Type) {
      table = T.table
      attack = { bytes in
        guard let object = try? T(cbor: bytes) else { return }
        demand(object.cbor == bytes, "\(T.self) was read from bytes that it does not write")
        _ = T.key(object.stateID)
        // An audit meets them one by one, with whatever they say.
        _ = Invariants.findings(in: [(T.key(object.stateID), bytes)])
      }
    }
  }

  private static let tables = [
    Table(Parameters.self), Table(Member.self), Table(KeyRecord.self), Table(BoardAct.self), Table(KeyRing.self),
    Table(ValidatorSetRecord.self), Table(Misbehaviour.self), Table(MisbehaviourCount.self),
    Table(ObserverList.self),
    Table(Order.self), Table(Dispatch.self), Table(Receipt.self), Table(Invoice.self), Table(CreditNote.self),
    Table(ReceivableCertificate.self), Table(Transfer.self), Table(FinancingRequest.self), Table(SealedOffer.self),
    Table(Loan.self), Table(PaymentClaim.self), Table(PaymentReference.self),
  ]
}
