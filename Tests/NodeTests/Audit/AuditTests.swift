import Client
import Foundation
import Ledger
import LedgerStore
import Node
import Replication
import Testing

extension ProcessTests {
  @Suite("The audit of a ledger that someone changed") struct AuditTests {
    /// A validator's home folder after a short history, of which each test makes its own copies.
    private func withLedger(_ body: (TestNetwork, NodeHome) async throws -> Void) async throws {
      try await TestNetwork.with(.whole) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        try await network.record((1...8).map { "PO-\($0)" }, at: "validator-1")
        try await network.agreement()
        network.processes.stopAll()
        try await body(network, network.home("validator-1"))
      }
    }

    private func audit(_ home: NodeHome) async throws -> Audit.Report { try await Audit.home(home) { _, _ in } }

    private func copy(_ home: NodeHome, _ name: String) throws -> NodeHome {
      let path = home.path + "." + name
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.copyItem(atPath: home.path, toPath: path)
      return NodeHome(path)
    }

    @Test("A running node hands over a checkpoint, and answers over HTTP; both audits are in order") func running()
      async throws
    {
      try await TestNetwork.with(.whole) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        try await network.record((1...8).map { "PO-\($0)" }, at: "validator-1")
        let (height, root) = try await network.agreement()
        for report in [
          try await audit(network.home("observer-1")), try await audit(network.home("validator-2")),
          try await Audit.url(
            network.processes.seats[2].url, genesis: try NodeHome(network.processes.seats[2].home).readGenesis()
          ) { _, _ in },
        ] {
          #expect(report.ok, "\(report.json.text)")
          #expect(report.height >= UInt64(height))
          #expect(report.documents == 8)
          if report.height == UInt64(height) { #expect("\(report.stateRoot)" == root) }
        }
        let ending = try await Program.run(["audit", "--home", network.home("observer-1").path, "--json"])
        #expect(ending.status == 0, "\(ending.said)")
      }
    }

    /// Where a byte is changed, and what the audit may call it.
    private struct Place {
      let key: StoreKey
      let height: UInt64
      let codes: Set<AuditFault.Code>
      var step = 1
    }

    @Test("Any byte of a stored block, outcome, finalization or leaf that is changed is found, with its height")
    func changedBytes() async throws {
      try await withLedger { _, home in
        let good = try await audit(home)
        #expect(good.ok && good.height > 8, "\(good.json.text)")
        let blockCodes: Set<AuditFault.Code> = [
          .malformed, .chain, .header, .time, .documents, .certificate, .signature, .replay, .outcome, .stateRoot,
          .attestation,
        ]
        var places: [Place] = []
        for height in [1, good.height / 2, good.height] {
          places += [
            Place(key: .block(height: height), height: height, codes: blockCodes, step: height == 1 ? 1 : 29),
            Place(key: .outcomes(height: height), height: height, codes: [.malformed, .outcome]),
            Place(key: .finalization(height: height), height: height, codes: [.malformed, .certificate], step: 3),
            Place(key: .leaf(height: height), height: height, codes: [.malformed, .stateRoot], step: 3),
          ]
        }
        for place in places {
          for index in stride(from: 0, to: try value(of: place.key, in: home).count, by: place.step) {
            let old = try change(place.key, in: home) { $0?[index] ^= 1 << UInt8(index % 8) }
            let report = try await audit(home)
            #expect(!report.ok, "\(place.key), byte \(index)")
            let first = report.findings.first
            #expect(first?.height == place.height, "\(place.key), byte \(index): \(report.json.text)")
            #expect(
              first.map { place.codes.contains($0.code) } ?? false, "\(place.key), byte \(index): \(report.json.text)")
            try change(place.key, in: home) { $0 = old }
          }
        }
        #expect(try await audit(home).json == good.json)
      }
    }

    @Test("A changed, added or removed state value is found") func state() async throws {
      try await withLedger { _, home in
        let good = try await audit(home)
        var keys: [[UInt8]] = []
        do {
          let database = try Database(path: home.ledger, createIfMissing: false)
          try database.forEach(under: StoreKey.Table.state.prefix) { key, _ throws(StorageFailure) in
            keys.append(Array(key.dropFirst()))
            return .on
          }
        }
        for key in keys.enumerated().filter({ $0.offset.isMultiple(of: 5) }).map(\.element) {
          let old = try change(.state(key), in: home) { $0![$0!.count - 1] ^= 1 }
          try await expect([.storedState], at: good.height, home)
          try change(.state(key), in: home) { $0 = nil }
          try await expect([.storedState], at: good.height, home)
          try change(.state(key), in: home) { $0 = old }
        }
        try change(.state([0xEE, 1]), in: home) { $0 = [1] }
        try await expect([.storedState], at: good.height, home)
      }
    }

    @Test("A head of the chain that was changed or set back is found") func head() async throws {
      try await withLedger { _, home in
        let good = try await audit(home)
        let key = StoreKey.marker(.executedHeight)
        for index in try value(of: key, in: home).indices {
          let old = try change(key, in: home) { $0?[index] ^= 1 << UInt8(index % 8) }
          try await expect([.storedState, .malformed], at: good.height, home)
          try change(key, in: home) { $0 = old }
        }
        try change(key, in: home) { $0 = nil }
        try await expect([.missing], at: good.height, home)
      }
    }

    @Test("What was removed is missed: a block, its outcomes, its leaf, and the newest block of all") func removed()
      async throws
    {
      try await withLedger { _, home in
        let good = try await audit(home)
        for height in [1, good.height / 2] {
          for key in [
            StoreKey.block(height: height), .finalization(height: height), .outcomes(height: height),
            .leaf(height: height),
          ] {
            let old = try change(key, in: home) { $0 = nil }
            try await expect([.missing], at: height, home)
            try change(key, in: home) { $0 = old }
          }
        }
        let old = try change(.block(height: good.height), in: home) { $0 = nil }
        try await expect([.missing], at: good.height, home)
        try change(.block(height: good.height), in: home) { $0 = old }
        #expect(try await audit(home).ok)
      }
    }

    @Test("Another genesis is no genesis of this ledger") func genesis() async throws {
      try await withLedger { _, home in
        let text = try String(contentsOfFile: home.genesis, encoding: .utf8)
        try text.replacing("\"Puhui Commercial Bank\"", with: "\"Puhui Bank\"").write(
          toFile: home.genesis, atomically: true, encoding: .utf8)
        await #expect(throws: NodeFailure.self) { try await audit(home) }
      }
    }

    @Test("Bits that turn in the database's files are found, or lie where nothing is; the audit always ends")
    func files() async throws {
      try await withLedger { _, home in
        // A second copy was opened once, so that LevelDB has moved its log into a table.
        let opened = try copy(home, "opened")
        do { _ = try Database(path: opened.ledger, createIfMissing: false) }
        for home in [home, opened] {
          let good = try await audit(try copy(home, "good"))
          #expect(good.ok)
          for name in try FileManager.default.contentsOfDirectory(atPath: home.ledger).sorted() {
            guard name.hasSuffix(".ldb") || name.hasSuffix(".log") || name.hasPrefix("MANIFEST") || name == "CURRENT"
            else { continue }
            let size = try Data(contentsOf: URL(fileURLWithPath: home.ledger + "/" + name)).count
            for part in 0..<min(size, 24) {
              let position = part * (size - 1) / 23
              let changed = try copy(home, "changed")
              let url = URL(fileURLWithPath: changed.ledger + "/" + name)
              var bytes = try Data(contentsOf: url)
              guard position < bytes.count else { continue }
              bytes[position] ^= 1 << (part % 8)
              try bytes.write(to: url)
              do {
                let report = try await audit(changed)
                if report.ok { #expect(report.json == good.json, "\(name), byte \(position) of \(size)") }
              } catch let failure as NodeFailure {
                #expect(failure.status == 74 || failure.status == 78, "\(failure)")
              }
            }
          }
        }
      }
    }

    @Test("An index that leads to another document, or nowhere, is found") func indexes() async throws {
      try await withLedger { _, home in
        var indexes: [(StoreKey, UInt64)] = []
        let newest = try await audit(home).height
        do {
          let database = try Database(path: home.ledger, createIfMissing: false)
          for height in 1...newest {
            guard let bytes = try database.get(.block(height: height)) else { continue }
            guard let document = try Block(cbor: bytes).documents.first else { continue }
            let signed = try SignedDocument(document)
            indexes.append((.location(signed.id), height))
            indexes.append((.replay(issuer: signed.envelope.issuer, jti: signed.envelope.jti), height))
          }
        }
        #expect(indexes.count >= 4)
        for (key, height) in indexes.prefix(6) {
          let old = try change(key, in: home) { $0![$0!.count - 1] ^= 1 }
          try await expect([.index, .malformed], at: height, home)
          try change(key, in: home) { $0 = nil }
          try await expect([.index], at: height, home)
          try change(key, in: home) { $0 = old }
        }
      }
    }

    // MARK: Changing

    private func expect(_ codes: Set<AuditFault.Code>, at height: UInt64, _ home: NodeHome) async throws {
      let report = try await audit(home)
      let first = report.findings.first
      #expect(first.map { codes.contains($0.code) && $0.height == height } ?? false, "\(report.json.text)")
    }

    private func value(of key: StoreKey, in home: NodeHome) throws -> [UInt8] {
      let database = try Database(path: home.ledger, createIfMissing: false)
      return try #require(try database.get(key))
    }

    /// Changes a stored value, or removes it, past everything that the node would check; answers the old one.
    @discardableResult
    private func change(_ key: StoreKey, in home: NodeHome, _ body: (inout [UInt8]?) -> Void) throws -> [UInt8]? {
      let database = try Database(path: home.ledger, createIfMissing: false)
      let old = try database.get(key)
      var new = old
      body(&new)
      var batch = Batch()
      if let new { batch.put(key, new) } else { batch.delete(key) }
      try database.write(batch, sync: false)
      return old
    }
  }
}
