import Foundation

/// `fuzz list`, `fuzz seeds FOLDER`, or `fuzz TARGET` with options, folders and files of libFuzzer.
@main
enum Fuzz {
  static let variable = "LIANRONG_FUZZ_TARGET"

  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "list": for target in FuzzTarget.all { print(target.name, target.maximumBytes) }
    case "seeds" where arguments.count == 2: writeSeeds(to: URL(fileURLWithPath: arguments.last!))
    default:
      // libFuzzer starts this program again for some of its work, without the name: the environment keeps it.
      let isNamed = FuzzTarget.all.contains { $0.name == arguments.first }
      if let name = arguments.first, isNamed { setenv(variable, name, 1) }
      let name = ProcessInfo.processInfo.environment[variable]
      guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        print("usage: fuzz list | fuzz seeds FOLDER | fuzz TARGET [options of libFuzzer]")
        exit(2)
      }
      target.run(passing: [CommandLine.arguments[0]] + arguments.dropFirst(isNamed ? 1 : 0))
    }
  }

  /// What our own encoders write: FOLDER/TARGET/… and the words of its language in FOLDER/TARGET.dict.
  private static func writeSeeds(to folder: URL) {
    do {
      for target in FuzzTarget.all {
        let seeds = folder.appending(path: target.name)
        try FileManager.default.createDirectory(at: seeds, withIntermediateDirectories: true)
        for (index, seed) in target.seeds().enumerated() {
          try Data(seed).write(to: seeds.appending(path: "seed-\(index)"))
        }
        let lines = (target.words.map { Array($0.utf8) } + target.bytes).map { word in
          "\"" + word.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\"\n"
        }
        try Data(lines.joined().utf8).write(to: folder.appending(path: "\(target.name).dict"))
      }
    } catch {
      print("the seeds could not be written: \(error)")
      exit(1)
    }
  }
}

extension FuzzTarget {
  fileprivate func run(passing arguments: [String]) -> Never {
    FuzzTarget.current = self
    var count = CInt(arguments.count)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    let status = pointers.withUnsafeMutableBufferPointer { buffer -> CInt in
      guard var first = buffer.baseAddress else { return 2 }
      return libFuzzer(&count, &first) { bytes, count in
        FuzzTarget.current?.attack(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
      }
    }
    exit(status)
  }

  /// Set once, before the first input; libFuzzer attacks from one thread.
  nonisolated(unsafe) private static var current: FuzzTarget?
}

/// libFuzzer's entrance for programs with a `main` of their own (LLVM, docs/LibFuzzer, "Using libFuzzer as a library").
@_silgen_name("LLVMFuzzerRunDriver")
private func libFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ attack: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
