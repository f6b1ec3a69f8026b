import Client
import Ledger
import Testing

@Suite("Reading XML from outside")
struct XMLReadingTests {
  private func refusal(_ bytes: [UInt8]) -> ImportRefusal? { UBLImporter().importFile(bytes, name: "x").refusal }
  private func refusal(_ text: String) -> ImportRefusal? { refusal(Array(text.utf8)) }

  @Test(
    "A declaration is refused wherever it stands and however it is written",
    arguments: [
      "<!DOCTYPE a><a/>", #"<?xml version="1.0"?><!doctype a SYSTEM "http://example.invalid/a.dtd"><a/>"#,
      "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "\u{feff}<!DOCTYPE a><a/>", "<a/><!ENTITY b 'c'>",
      "<a><![INCLUDE[x]]></a>", "\n\n<!-- c --><!DOCTYPE a><a/>",
    ])
  func declarations(text: String) {
    #expect(refusal(text) == .documentTypeDefinition)
  }

  @Test("An entity that nobody declared is not well-formed")
  func undeclared() {
    #expect(refusal(InvoiceXML.with { $0.extra = "<cbc:Note>&bomb;</cbc:Note>" }.bytes) == .notXML)
  }

  @Test("Character references, comments and CDATA sections are text like any other")
  func references() throws {
    let bytes = InvoiceXML.with {
      $0.extra = "<!-- c --><cbc:Note>&#x94fe;<![CDATA[融 & <b>]]>&amp;</cbc:Note>"
    }.bytes
    let file = try #require(Imported(UBLImporter().importFile(bytes, name: "x")))
    #expect(file.draft.details.contains(.init("note", "链融 & <b>&")))
  }

  @Test(
    "What is not XML is refused",
    arguments: ["", "{}", "<a>", "<a></b>", "<a b=1/>", "a<a/>", "<a/><b/>", "<?xml version=\"1.0\"", "<a>&#0;</a>"])
  func notXML(text: String) {
    #expect(refusal(text) == .notXML)
  }

  @Test("A processing instruction is passed over, and refused where it has no content")
  func instructions() {
    for text in ["<?x?><a/>", "<a><?x?></a>", "<a/><?xml-stylesheet?>", "<?xml?><a/>"] {
      #expect(refusal(text) == .notXML)
    }
    for text in ["<?x y?><a/>", "<a><?x ?></a>", "<a/><?x y??>"] { #expect(refusal(text) == .notUBL) }
  }

  @Test("A file that is cut off, or goes on after its root, is refused")
  func truncated() {
    let bytes = InvoiceXML().bytes
    for count in [bytes.count - 1, bytes.count - 10, bytes.count / 2, 60] {
      #expect(refusal(Array(bytes.prefix(count))) == .notXML)
    }
    #expect(refusal(bytes + Array("<more/>".utf8)) == .notXML)
    #expect(refusal(bytes + Array("more".utf8)) == .notXML)
  }

  @Test("UTF-8 with a byte order mark, and Latin-1 where it is declared, are read")
  func encodings() throws {
    let marked = [0xef, 0xbb, 0xbf] + InvoiceXML().bytes
    #expect(Imported(UBLImporter().importFile(marked, name: "x")) != nil)
    let latin = InvoiceXML.with {
      $0.declaration = "<?xml version='1.0' encoding='iso-8859-1'?>"
      $0.extra = "<cbc:Note>caf#</cbc:Note>"
    }.bytes.map { $0 == UInt8(ascii: "#") ? 0xe9 : $0 }
    let file = try #require(Imported(UBLImporter().importFile(latin, name: "x")))
    #expect(file.draft.details.contains(.init("note", "café")))
  }

  @Test("Other encodings are refused, declared or not")
  func otherEncodings() {
    let text = InvoiceXML().text
    let utf16: [UInt8] = [0xff, 0xfe] + text.utf8.flatMap { (unit: UInt8) -> [UInt8] in [unit, 0] }
    #expect(refusal(utf16) == .encodingUnsupported)
    #expect(refusal(Array(utf16.dropFirst(2))) == .encodingUnsupported)
    #expect(refusal(InvoiceXML().bytes + [0xff]) == .encodingUnsupported)
    for name in ["UTF-16", "utf-7", "gb18030", "EBCDIC-CP-US", ""] {
      let declared = InvoiceXML.with { $0.declaration = #"<?xml version="1.0" encoding="\#(name)"?>"# }
      #expect(refusal(declared.bytes) == .encodingUnsupported)
    }
    // "<?xm" in EBCDIC.
    #expect(refusal([0x4c, 0x6f, 0xa7, 0x94]) == .notXML)
  }

  @Test("Depth, elements, texts and bytes are bounded")
  func bounds() {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    #expect(refusal(nested(64)) == .notUBL)
    #expect(refusal(nested(65)) == .tooDeep)
    #expect(refusal("<a>\(String(repeating: "<b/>", count: 99_999))</a>") == .notUBL)
    #expect(refusal("<a>\(String(repeating: "<b/>", count: 100_000))</a>") == .tooManyElements)
    #expect(refusal("<a>\(String(repeating: "b", count: 65_537))</a>") == .tooLarge)
    #expect(refusal("<a b='\(String(repeating: "b", count: 65_537))'/>") == .tooLarge)
    #expect(refusal("<\(String(repeating: "a", count: 256))/>") == .notUBL)
    #expect(refusal("<\(String(repeating: "a", count: 257))/>") == .tooLarge)
    #expect(refusal([UInt8](repeating: 0x20, count: 20_000_001)) == .tooLarge)
  }

  @Test("An attachment of three megabytes is measured and left behind")
  func attachment() throws {
    let file = try #require(
      Imported(
        UBLImporter().importFile(
          InvoiceXML.with {
            $0.extra = """
              <cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject
                mimeCode="application/pdf" filename="scan.pdf">\(String(repeating: "QUJD", count: 1_000_000))
              </cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>
              """
          }.bytes, name: "x")))
    #expect(
      file.notCarried.contains(
        "cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject: attachment \"scan.pdf\", "
          + "application/pdf, about 3000000 bytes"))
  }

  @Test("A foreign element cannot pass for a UBL one by its prefix")
  func foreignPrefix() throws {
    let bytes = InvoiceXML.with { $0.extra = #"<cbc:DueDate xmlns:cbc="urn:foreign">2026-01-01</cbc:DueDate>"# }.bytes
    let file = try #require(Imported(UBLImporter().importFile(bytes, name: "x")))
    #expect(file.draft.terms["dueDate"] == nil)
    #expect(file.notCarried.contains("other:DueDate"))
  }

  @Test("A root in another namespace is not UBL; another UBL document is not supported")
  func roots() {
    #expect(refusal("<Invoice/>") == .notUBL)
    #expect(refusal(#"<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>"#) == .notUBL)
    #expect(
      refusal(#"<Waybill xmlns="urn:oasis:names:specification:ubl:schema:xsd:Waybill-2"/>"#) == .typeNotSupported)
  }

  @Test("Every refusal has a number of its own and a remedy")
  func refusals() {
    #expect(Set(ImportRefusal.allCases.map(\.number)).count == ImportRefusal.allCases.count)
    for refusal in ImportRefusal.allCases { #expect(refusal.remedy.hasSuffix(".")) }
  }
}
