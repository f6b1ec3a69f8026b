import Contracts
import Ledger

/// UBL 2.0 and 2.1 (OASIS) to unsigned documents. Nothing is computed that the file does not say, nothing is repaired,
/// and everything that is left behind is named.
package struct UBLImporter: Sendable {
  /// A party of the files and the member that it is here.
  package struct PartyMapping: Equatable, Sendable {
    package let scheme: String?
    package let value: String
    package let member: String

    /// Any scheme, where the mapping names none.
    func names(scheme other: String?, value: String) -> Bool {
      self.value == value && (scheme == nil || scheme?.lowercased() == other?.lowercased())
    }
  }

  /// What to write where a file does not name the document that it belongs to.
  package struct MissingReferences: Equatable, Sendable {
    package var order: String?
    package var dispatch: String?
    package var invoice: String?
    package var carrier: String?

    package init(order: String? = nil, dispatch: String? = nil, invoice: String? = nil, carrier: String? = nil) {
      self.order = order
      self.dispatch = dispatch
      self.invoice = invoice
      self.carrier = carrier
    }
  }

  private let parties: [PartyMapping]
  private let missing: MissingReferences

  /// - Parameters:
  ///   - parties: scheme (nil for any; `name` for a party's name), value, and the member id it stands for.
  ///   - missing: used only where the file is silent, and remarked upon.
  package init(
    parties: [(scheme: String?, value: String, member: String)] = [], missing: MissingReferences = .init()
  ) {
    self.parties = parties.map { PartyMapping(scheme: $0.scheme, value: $0.value, member: $0.member) }
    self.missing = missing
  }

  /// - Parameter name: the file's name, for messages.
  package func importFile(_ bytes: [UInt8], name: String) -> ImportResult {
    do throws(ImportFailure) {
      return try drafts(from: bytes)
    } catch {
      return .refused(code: error.code, message: "\(name): \(error.message)")
    }
  }

  private func drafts(from bytes: [UInt8]) throws(ImportFailure) -> ImportResult {
    let tree = try XMLTree.parse(bytes, prefixes: UBL.prefixes, measured: [UBL.attachment])
    let root = tree[tree.root]
    guard root.namespace == UBL.namespace(of: root.name) else {
      throw ImportFailure(.notUBL, "the root is \"\(root.name.prefix(80))\" in \"\(root.namespace.prefix(120))\"")
    }
    guard let type = UBLType(rawValue: root.name) else {
      throw ImportFailure(.typeNotSupported, "the document is a \(root.name.prefix(80))")
    }
    var reader = UBLReader(tree, parties: parties, missing: missing)
    let draft: DocumentDraft
    switch type {
    case .order: draft = try reader.order()
    case .orderResponse, .orderResponseSimple: draft = try reader.orderResponse(type)
    case .despatchAdvice: draft = try reader.dispatch()
    case .receiptAdvice: draft = try reader.receipt()
    case .invoice: draft = try reader.invoice()
    case .creditNote: draft = try reader.creditNote()
    }
    try check(draft)
    return .imported(type: root.name, drafts: [draft], notCarried: reader.notCarried())
  }

  private static let acts: [any Act.Type] = [
    PlaceOrder.self, AnswerOrder.self, DispatchGoods.self, ReceiveGoods.self, IssueInvoice.self, IssueCreditNote.self,
  ]

  /// The act's own reader has the last word: what it would refuse at the door is refused here.
  private func check(_ draft: DocumentDraft) throws(ImportFailure) {
    // The signed payload adds its own members to the terms, and must still be read by every node.
    var limits = JSONLimits()
    limits.bytes -= 4_096
    limits.values -= 64
    do {
      _ = try JSON.parse(draft.terms.utf8, limits: limits)
    } catch {
      throw ImportFailure(.tooLarge, "the document would be too large to be signed (\(error.reason)): split the file")
    }
    for act in UBLImporter.acts where act.type == draft.type { try read(draft.terms, as: act) }
  }

  private func read<T: Act>(_ terms: JSON, as act: T.Type) throws(ImportFailure) {
    do throws(Violations) {
      _ = try Form.read(terms, at: "/terms") { T(&$0) }
    } catch {
      let faults = error.all.prefix(8).map { "\($0.pointer) (\($0.refusal.name): \($0.detail))" }
      throw ImportFailure(.valueInvalid, "as \(T.type): " + faults.joined(separator: ", "))
    }
  }
}

/// The UBL documents that have a counterpart here, by the name of their root.
enum UBLType: String {
  case order = "Order"
  case orderResponse = "OrderResponse"
  case orderResponseSimple = "OrderResponseSimple"
  case despatchAdvice = "DespatchAdvice"
  case receiptAdvice = "ReceiptAdvice"
  case invoice = "Invoice"
  case creditNote = "CreditNote"
}

/// Names of UBL; 2.0 and 2.1 share the namespaces.
enum UBL {
  private static let schemas = "urn:oasis:names:specification:ubl:schema:xsd:"
  static let prefixes = [
    schemas + "CommonAggregateComponents-2": "cac", schemas + "CommonBasicComponents-2": "cbc",
    schemas + "CommonExtensionComponents-2": "ext",
  ]
  static let attachment = "cbc:EmbeddedDocumentBinaryObject"
  /// `schemeID` of a PartyIdentification that is a member id.
  static let memberScheme = "lianrong"

  static func namespace(of root: String) -> String { schemas + root + "-2" }
}
