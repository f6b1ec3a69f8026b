import Contracts
import Ledger
import Sodium

/// What must hold of the books at every height, recomputed from nothing but the state's values: for auditors and
/// simulators.
///
/// F-26: faces, pledges, loans, payments and confirmed amounts agree with each other.
package struct Invariants {
  package enum Code: String, CaseIterable, Sendable {
    /// A value that cannot be read, or that stands under another object's key.
    case undecodable
    /// F-1, F-2: the pieces do not partition the face.
    case partition
    /// F-4: face = outstanding + redeemed fails, or the status does not say so.
    case face
    /// A piece is held for a transfer that is not open, or not for these intervals.
    case offered
    /// F-15: a piece is pledged to a loan that is not alive, or does not name it.
    case pledged
    /// A living loan is not secured by what it names.
    case security
    /// F-18: what a loan received is not what was paid on it and its surplus.
    case loan
    /// F-5: an invoice's confirmed amount is above the matched one, or not the sum of its certificates.
    case confirmed
    /// F-19: payments confirmed do not add up to what was redeemed or received.
    case payments
  }

  package struct Finding: Equatable, Sendable {
    package let code: Code
    /// The state key of the object at fault.
    package let key: [UInt8]
    package let message: String
  }

  /// One pass over `values`, keys ascending, as a snapshot or an export gives them; then the sums are compared.
  package static func findings(in values: some Sequence<(key: [UInt8], value: [UInt8])>) -> [Finding] {
    var invariants = Invariants()
    for (key, value) in values { invariants.take(key, value) }
    invariants.compare()
    return invariants.findings
  }

  private var findings: [Finding] = []
  private var certificates: [ReceivableCertificate] = []
  private var loans: [Digest: Loan] = [:]
  private var transfers: [Digest: Transfer] = [:]
  private var invoices: [Invoice] = []
  private var claims: [PaymentClaim] = []
  /// Minor units pledged to each loan, over all certificates.
  private var pledged: [Digest: Int64] = [:]

  private mutating func report(_ code: Code, _ key: [UInt8], _ message: String) {
    findings.append(Finding(code: code, key: key, message: message))
  }

  private mutating func take(_ key: [UInt8], _ value: [UInt8]) {
    guard let first = key.first, let table = StateTable(rawValue: first) else { return }
    switch table {
    case .invoice: if let invoice = read(Invoice.self, key, value) { invoices.append(invoice) }
    case .certificate:
      if let certificate = read(ReceivableCertificate.self, key, value) { certificates.append(certificate) }
    case .transfer: if let transfer = read(Transfer.self, key, value) { transfers[transfer.id] = transfer }
    case .loan: if let loan = read(Loan.self, key, value) { loans[loan.id] = loan }
    case .paymentClaim:
      if let claim = read(PaymentClaim.self, key, value) { claims.append(claim) }
    default: return
    }
  }

  private mutating func read<T: StateObject>(_ type: T.Type, _ key: [UInt8], _ value: [UInt8]) -> T? {
    do throws(CBORError) {
      let object = try T(cbor: value)
      if T.key(object.stateID) == key { return object }
      report(.undecodable, key, "the key is not the object's")
    } catch {
      report(.undecodable, key, "\(T.table) at byte \(error.offset): \(error.reason)")
    }
    return nil
  }

  private mutating func compare() {
    for certificate in certificates { check(certificate) }
    for loan in loans.values.sorted(by: { $0.id < $1.id }) { check(loan) }
    checkInvoices()
    checkPayments()
  }

  private mutating func check(_ certificate: ReceivableCertificate) {
    let key = ReceivableCertificate.key(certificate.id)
    let partition = certificate.partition
    let owned = certificate.status == .active || certificate.status == .redeemed
    let violations = partition.violations(face: owned ? certificate.face : 0)
    for violation in violations { report(.partition, key, violation) }
    guard violations.isEmpty else { return }
    if partition.redeemed != certificate.redeemed {
      report(.face, key, "\(partition.redeemed) are marked redeemed, \(certificate.redeemed) counted")
    }
    if (certificate.status == .redeemed) != (certificate.outstanding == 0) {
      report(.face, key, "\(certificate.status) with \(certificate.outstanding) outstanding")
    }
    for piece in partition.pieces { check(piece, of: certificate, key) }
  }

  private mutating func check(_ piece: Piece, of certificate: ReceivableCertificate, _ key: [UInt8]) {
    switch piece.encumbrance {
    case .none, .redeemed: return
    case .offered(let id):
      guard let transfer = transfers[id], transfer.status == .open, transfer.certificate == certificate.id,
        transfer.sender == piece.owner, covers(transfer.intervals, piece.interval)
      else { return report(.offered, key, "\(piece.interval) is held for transfer \(id)") }
    case .pledged(let id):
      guard let loan = loans[id], loan.status == .agreed || loan.status == .active,
        loan.certificate == certificate.id, loan.borrower == piece.owner, covers(loan.intervals, piece.interval)
      else { return report(.pledged, key, "\(piece.interval) is pledged to loan \(id)") }
      // Pieces of one face, which is at most 10^15; wraps only where two certificates claim one id, and is reported
      // then.
      pledged[id, default: 0] &+= piece.interval.size
    }
  }

  /// Adjoining intervals are joined first: a piece may span several of them.
  private func covers(_ intervals: [Interval], _ piece: Interval) -> Bool {
    var from = piece.from
    for interval in intervals where interval.from <= from && from < interval.to { from = interval.to }
    return from >= piece.to
  }

  private mutating func check(_ loan: Loan) {
    let key = Loan.key(loan.id)
    let pledged = pledged[loan.id] ?? 0
    let face = loan.intervals.firstInvalid(within: DecimalText.maximum) == nil ? loan.intervals.size : -1
    let expected: Int64
    switch loan.status {
    case .agreed: expected = face
    case .active: expected = face - loan.redeemed
    case .repaid, .cancelled: expected = 0
    }
    if pledged != expected {
      report(.security, key, "\(loan.status), \(pledged) of \(face) pledged, \(loan.redeemed) redeemed")
    }
    let paid = loan.paid
    if paid.total.map({ $0.addingReportingOverflow(loan.surplus) }).map({ $0.overflow ? -1 : $0.partialValue })
      != loan.received
    {
      report(.loan, key, "received \(loan.received), appropriated \(paid), surplus \(loan.surplus)")
    }
    let owed = loan.due(on: loan.accruedUntil)
    let inBounds =
      paid.principal <= loan.terms.principal && paid.fees <= loan.terms.fee && loan.surplusPaid <= loan.surplus
      && Charge.allCases.allSatisfy { paid[$0] >= 0 && owed?[$0] ?? -1 >= 0 }
    let inState: Bool
    switch loan.status {
    case .agreed, .cancelled: inState = loan.received == 0 && loan.start == nil
    case .active: inState = loan.start != nil && owed?.total ?? 0 > 0
    case .repaid: inState = paid.principal == loan.terms.principal && paid.fees == loan.terms.fee
    }
    if !inBounds || !inState { report(.loan, key, "\(loan.status), paid \(paid), surplus \(loan.surplusPaid) paid") }
  }

  private mutating func checkInvoices() {
    var faces: [TradeID: Int64] = [:]
    for certificate in certificates where certificate.status != .refused {
      let (sum, overflow) = faces[certificate.invoice, default: 0].addingReportingOverflow(certificate.face)
      faces[certificate.invoice] = overflow ? .max : sum
    }
    for invoice in invoices {
      let face = faces.removeValue(forKey: invoice.id) ?? 0
      if invoice.confirmed != face || invoice.confirmed > invoice.matched {
        report(
          .confirmed, Invoice.key(invoice.id),
          "confirmed \(invoice.confirmed), certificates \(face), matched \(invoice.matched)")
      }
    }
    for id in faces.keys.sorted(by: { $0.stateBytes.lexicographicallyPrecedes($1.stateBytes) }) {
      report(.confirmed, Invoice.key(id), "a certificate without its invoice")
    }
  }

  private mutating func checkPayments() {
    var redeemed: [Digest: Int64] = [:]
    var received: [Digest: Int64] = [:]
    for claim in claims where claim.status == .confirmed {
      func add(_ totals: inout [Digest: Int64], _ id: Digest) {
        let (sum, overflow) = totals[id, default: 0].addingReportingOverflow(claim.amount)
        totals[id] = overflow ? .max : sum
      }
      switch claim.purpose {
      case .redemption:
        add(&redeemed, claim.subject)
        if let loan = claim.loan { add(&received, loan) }
      case .repayment: add(&received, claim.subject)
      case .disbursement, .surplus: continue
      }
    }
    for certificate in certificates where redeemed[certificate.id] ?? 0 != certificate.redeemed {
      report(
        .payments, ReceivableCertificate.key(certificate.id),
        "redeemed \(certificate.redeemed), payments \(redeemed[certificate.id] ?? 0)")
    }
    for loan in loans.values.sorted(by: { $0.id < $1.id }) where received[loan.id] ?? 0 != loan.received {
      report(.payments, Loan.key(loan.id), "received \(loan.received), payments \(received[loan.id] ?? 0)")
    }
  }
}
