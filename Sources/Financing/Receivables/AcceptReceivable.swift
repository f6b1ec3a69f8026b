import Contracts
import Ledger
import Sodium

/// F-7: nobody owns a certificate until the supplier accepts it; it must not be forced on the supplier.
package struct AcceptReceivable: Act {
  package static let type = "receivable.accept/1"
  package static let title = "The supplier accepts a certificate and owns its whole face"
  package static let permission = Permission.confirm

  package let certificate: Digest

  package init(_ form: inout Form) { certificate = form.digest("certificate") }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    var certificate = try execution.offeredCertificate(certificate)
    certificate.status = .active
    certificate.partition = Partition(face: certificate.face, owner: certificate.supplier)
    execution.state.put(certificate)
  }
}

extension Execution {
  /// A certificate that waits for the answer of the issuer at hand.
  mutating func offeredCertificate(_ id: Digest) throws(Rejection) -> ReceivableCertificate {
    let certificate = try find(id, ReceivableCertificate.self, orElse: .certificateUnknown, "/terms/certificate")
    try require(certificate.supplier == issuer.id, .notSupplier, "/terms/certificate")
    try require(certificate.status == .offered, .certificateNotOffered, "/terms/certificate")
    return certificate
  }

  /// A certificate with owners, before its maturity. F-8: from maturity on, ownership stands still, so that whoever
  /// pays knows whom to pay.
  mutating func negotiableCertificate(
    _ id: Digest, _ pointer: String = "/terms/certificate"
  ) throws(Rejection) -> ReceivableCertificate {
    let certificate = try find(id, ReceivableCertificate.self, orElse: .certificateUnknown, pointer)
    try require(certificate.status == .active, .certificateNotActive, pointer)
    try require(block.date < certificate.maturity, .alreadyMatured, pointer)
    return certificate
  }
}
