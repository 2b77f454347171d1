import Foundation
import FuzzedReaders
import Testing

/// The fuzzers' seeds and thousands of damaged copies, in the same functions that libFuzzer calls.
/// A crash, or a byte read past the end, ends the whole run.
@Suite struct ReaderTests {
  typealias Reader = (UnsafeRawBufferPointer) -> Bool

  private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Corpus").standardizedFileURL

  /// The seeds of a reader by name.
  private func seeds(_ folder: String) throws -> [(name: String, bytes: [UInt8])] {
    let folder = Self.corpus.appendingPathComponent(folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return try names.map { ($0, [UInt8](try Data(contentsOf: folder.appendingPathComponent($0)))) }
  }

  /// The names of the seeds that a reader would use.
  private func usable(_ folder: String, _ read: Reader) throws -> [String] {
    let memory = GuardedBytes(capacity: 1 << 16)
    return try seeds(folder).filter { memory.with($0.bytes, read) }.map(\.name)
  }

  /// - Returns: how many damaged files were still of use.
  private func readMutations(_ folder: String, _ count: Int, _ read: Reader) throws -> Int {
    let memory = GuardedBytes(capacity: 1 << 16)
    var survivors = 0
    for (index, seed) in try seeds(folder).enumerated() {
      var mutator = Mutator(seed: UInt64(index))
      for _ in 0..<count where memory.with(mutator.mutate(seed.bytes), read) { survivors += 1 }
    }
    return survivors
  }

  @Test func `of the seeds, whole models and adapters are of use and no others`() throws {
    #expect(
      try usable("gguf") { readModel($0) } == ["aligned.gguf", "model.gguf"])
    #expect(
      try usable("safetensors") { readAdapter($0) }
        == ["adapter.safetensors", "half.safetensors", "reward.safetensors"])
  }

  @Test func `a seed cut off anywhere is refused or read`() throws {
    let memory = GuardedBytes(capacity: 1 << 16)
    for (folder, read) in [("gguf", { readModel($0) }), ("safetensors", { readAdapter($0) })]
      as [(String, Reader)]
    {
      for seed in try seeds(folder) {
        for length in stride(from: 0, to: seed.bytes.count, by: 3) {
          #expect(!memory.with(Array(seed.bytes[..<length]), read), "\(seed.name) at \(length)")
        }
      }
    }
  }

  @Test func `damaged models are refused or read`() throws {
    // Damage that hits a weight leaves a usable model: all stages have been reached.
    #expect(try readMutations("gguf", 1500) { readModel($0) } > 100)
  }

  @Test func `damaged adapters are refused or read`() throws {
    #expect(try readMutations("safetensors", 2500) { readAdapter($0) } > 100)
  }
}
