import Ledger
import Sodium

/// What became of one document of a block: a leaf of the block's outcome tree.
package struct OutcomeRecord: Equatable, Sendable, CBORCodable {
  package let document: Digest
  package let outcome: Outcome
  package let pointer: String

  package init(document: Digest, outcome: Outcome, pointer: String) {
    self.document = document
    self.outcome = outcome
    self.pointer = pointer
  }

  package func encode(to writer: inout CBORWriter) {
    writer.array(3)
    writer.digest(document)
    writer.unsigned(UInt64(outcome.rawValue))
    writer.text(pointer)
  }

  package init(from reader: inout CBORReader) throws(CBORError) {
    try reader.structure(3)
    document = try reader.digest()
    guard let outcome = Outcome(rawValue: UInt16(try reader.unsigned(upTo: UInt64(UInt16.max)))) else {
      throw reader.failure(.invalidValue)
    }
    self.outcome = outcome
    pointer = try reader.text(upTo: 256)
  }
}

/// Executes a finalized block: the same documents and evidence on the same state give the same outcomes and changes on
/// every node.
package enum Executor {
  package struct Result: Equatable, Sendable {
    package let outcomes: [OutcomeRecord]
    package let changes: [StateChange]
  }

  package static func execute(
    _ documents: [AdmittedDocument], evidence: [Evidence] = [], in block: BlockContext, on base: any StateReader
  ) throws(StateFailure) -> Result {
    var state = State(base)
    guard let parameters = state.get(Parameters.self, Parameters.id) else {
      throw state.failure ?? StateFailure("the state has no parameters: it does not begin with a genesis")
    }
    state.record(evidence, at: block.height)
    if let failure = state.failure { throw failure }
    var outcomes: [OutcomeRecord] = []
    outcomes.reserveCapacity(documents.count)
    for document in documents {
      let rejection = perform(document, in: block, parameters: parameters, on: &state)
      if let failure = state.failure { throw failure }
      if let rejection, rejection.outcome.isRefusal { state.dropDocument() } else { state.keepDocument() }
      outcomes.append(
        OutcomeRecord(
          document: document.id, outcome: rejection?.outcome ?? .accepted, pointer: rejection?.pointer ?? ""))
    }
    return Result(outcomes: outcomes, changes: state.changes)
  }

  /// K-2: authority first, in this order: the key, its validity at this height, its permission, the issuer's role; then
  /// the act's own rules.
  private static func perform(
    _ document: AdmittedDocument, in block: BlockContext, parameters: Parameters, on state: inout State
  ) -> Rejection? {
    let signed = document.verified.signed
    let type = Swift.type(of: document.act)
    guard let key = state.get(KeyRecord.self, signed.key), key.publicKey == document.verified.publicKey,
      let issuer = state.get(Member.self, signed.key.member)
    else { return Rejection(.keyUnknown) }
    guard key.isValid(at: block.height) else { return Rejection(.keyNotValid) }
    guard key.permissions.contains(document.act.permission(for: issuer.id)) else {
      return Rejection(.permissionMissing)
    }
    guard type.roles.isEmpty || issuer.roles.contains(where: { type.roles.contains($0) }) else {
      return Rejection(.roleMissing)
    }
    var execution = Execution(
      state: state.unchanged, block: block, parameters: parameters, document: document.id, issuer: issuer,
      network: document.envelope.network, terms: document.envelope.terms)
    // Swapped, not copied: two owners would make each change copy the whole block's changes.
    swap(&execution.state, &state)
    defer { swap(&execution.state, &state) }
    do throws(Rejection) {
      try document.act.perform(&execution)
      return nil
    } catch {
      return error
    }
  }
}
