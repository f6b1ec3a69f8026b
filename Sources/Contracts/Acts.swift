extension ActRegistry {
  /// Orders and what follows from them, up to the credit note.
  package static let trade: [any Act.Type] = [
    PlaceOrder.self, AnswerOrder.self, DispatchGoods.self, AttestCarriage.self, ReceiveGoods.self, IssueInvoice.self,
    IssueCreditNote.self,
  ]

  /// Who belongs to the network, and with which keys.
  package static let membership: [any Act.Type] = [
    AdmitMember.self, AddKey.self, RevokeKey.self, ChangeValidators.self, ApproveAct.self,
  ]
}
