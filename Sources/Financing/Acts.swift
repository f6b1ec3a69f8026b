import Contracts

extension ActRegistry {
  /// From the confirmation of a receivable to the last payment on it.
  package static let financing: [any Act.Type] = [
    ConfirmReceivable.self, AcceptReceivable.self, RefuseReceivable.self,
    OfferTransfer.self, AcceptTransfer.self, RefuseTransfer.self, RevokeTransfer.self,
    RequestFinancing.self, CommitOffer.self, OpenOffer.self, AcceptOffer.self, CancelFinancing.self,
    ClaimPayment.self, ConfirmPayment.self, ContestPayment.self,
  ]

  /// Every document type that a network knows.
  package static let all = ActRegistry(membership + trade + financing)
}
