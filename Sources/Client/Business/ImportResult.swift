import Ledger

/// What became of one business file.
package enum ImportResult: Equatable, Sendable {
  /// Unsigned documents, and everything of the file that they do not carry or that its reader ought to know.
  /// `type` is the root element's name, such as `Invoice`.
  case imported(type: String, drafts: [DocumentDraft], notCarried: [String])
  case refused(code: ImportRefusal, message: String)

  /// One object a file: `file`, then `type`, `documents` and `notCarried`, or `refused`.
  package func json(file: String) -> JSON {
    switch self {
    case .imported(let type, let drafts, let notCarried):
      [
        "file": .string(file), "type": .string(type),
        "documents": .array(
          drafts.map { draft in
            ["type": .string(draft.type), "terms": draft.terms, "details": .object(draft.details)]
          }),
        "notCarried": .array(notCarried.map { .string($0) }),
      ]
    case .refused(let code, let message):
      [
        "file": .string(file),
        "refused": [
          "code": .integer(Int64(code.number)), "name": .string(code.name),
          "message": .string("\(message). \(code.remedy)"),
        ],
      ]
    }
  }
}
