import Ledger
import Sodium

/// The nodes that may follow the chain without a vote. A change of it acts from the height that brings it on.
package struct ObserverList: StateObject, Equatable {
  package let observers: [Genesis.Observer]

  package static let id = "observers"
  package static var table: StateTable { .observers }
  package var stateID: String { ObserverList.id }

  package init(observers: [Genesis.Observer]) { self.observers = observers }

  package func encode(to writer: inout CBORWriter) {
    writer.array(observers.count)
    for observer in observers {
      writer.array(2)
      writer.text(observer.organisation)
      writer.digest(observer.transportKey.digest)
    }
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    var observers: [Genesis.Observer] = []
    for _ in 0..<(try reader.array(upTo: Genesis.maximumObservers)) {
      try reader.structure(2)
      let organisation = try reader.text(upTo: 64)
      guard let key = PublicKey(try reader.digest().bytes) else { throw reader.failure(.invalidValue) }
      observers.append(Genesis.Observer(organisation: organisation, transportKey: key))
    }
    self.observers = observers
  }
}
