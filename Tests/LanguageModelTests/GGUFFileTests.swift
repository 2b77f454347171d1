import Foundation
import TestSupport
import Testing

@testable import LanguageModel

@Suite struct GGUFFileTests {
  /// A file with a value of each kind and two tensors.
  private var small: GGUFBytes {
    var file = GGUFBytes()
    file.entries = [
      ("general.architecture", .string("llama")), ("count", .integer(7)), ("share", .float(0.25)),
      ("flag", .bool(true)), ("names", .strings(["a", "", "ccc"])),
      ("numbers", .integers([-1, 2])),
    ]
    file.add("rows", [2, 3], .f32, (0..<24).map { UInt8($0) })
    file.add("more", [32], .q80, [UInt8](repeating: 0, count: 34))
    return file
  }

  private func message(_ body: () throws -> Void) throws -> String {
    try #require(#expect(throws: LanguageModelError.self, performing: body)).description
  }

  @Test func `values and tensors are read back`() throws {
    let file = try small.open()
    #expect(file.string("general.architecture") == "llama")
    #expect(file.integer("count") == 7)
    #expect(file.float("share") == 0.25)
    #expect(file.bool("flag") == true)
    #expect(file.strings("names") == ["a", "", "ccc"])
    #expect(file.integers("numbers") == [-1, 2])
    #expect(file.string("count") == nil)
    #expect(file.integer("absent") == nil)
    let rows = try #require(file.tensors["rows"])
    #expect(rows.rows == 3 && rows.columns == 2)
    #expect(Array(rows.data) == (0..<24).map { UInt8($0) })
  }

  @Test func `a file cut off anywhere gives one sentence`() throws {
    let bytes = small.encoded()
    for length in bytes.indices {
      let sentence = try message { _ = try GGUFBytes.open(Array(bytes[..<length])) }
      #expect(sentence.contains(".gguf: ") && !sentence.contains("\n"), "\(length): \(sentence)")
    }
    #expect(throws: Never.self) { try GGUFBytes.open(bytes) }
  }

  @Test func `a file with any byte changed opens or gives an error`() throws {
    let bytes = small.encoded()
    for index in bytes.indices {
      for value in [0xFF, bytes[index] ^ 0x80] {
        var changed = bytes
        changed[index] = value
        do {
          let file = try GGUFBytes.open(changed)
          for tensor in file.tensors.values {
            // Whatever was changed, a tensor that is handed out lies within the file.
            #expect(tensor.data.count <= bytes.count)
            #expect(tensor.data.reduce(0) { $0 &+ Int($1) } >= 0)
          }
        } catch let error as LanguageModelError {
          #expect(!error.description.isEmpty)
        }
      }
    }
  }

  @Test func `foreign files are named as such`() throws {
    var file = small
    file.magic = "GGML"
    #expect(try message { _ = try file.open() }.contains("not a GGUF"))
    file = small
    file.version = 1
    #expect(try message { _ = try file.open() }.contains("version 1"))
    file.version = UInt32(3).byteSwapped
    #expect(try message { _ = try file.open() }.contains("big-endian"))
    #expect(
      try message { _ = try GGUFFile(path: "/nowhere/x.gguf") }.contains("/nowhere/x.gguf"))
    #expect(try message { _ = try GGUFFile(path: "/tmp") }.contains("not a regular file"))
  }

  @Test(arguments: [UInt64.max, 1 << 62, 1 << 40, 1_000_000])
  func `huge counts are refused before anything is allocated`(count: UInt64) throws {
    var file = small
    file.claimedEntries = count
    #expect(try message { _ = try file.open() }.contains("more than the file holds"))
    file = small
    file.claimedTensors = count
    #expect(try message { _ = try file.open() }.contains("more than the file holds"))
    file = small
    file.tensors[0].dimensions[1] = count
    #expect(throws: LanguageModelError.self) { try file.open() }
    file = small
    file.tensors[1].offset = count / 32 * 32
    #expect(throws: LanguageModelError.self) { try file.open() }
    // The length of the string array, which follows its key and two type codes.
    var bytes = small.encoded()
    let key = Array("names".utf8)
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: key) }) + 5 + 8
    bytes.replaceSubrange(start..<start + 8, with: withUnsafeBytes(of: count) { Array($0) })
    #expect(try message { _ = try GGUFBytes.open(bytes) }.contains("'names'"))
  }

  @Test func `misplaced and unknown tensors are refused`() throws {
    var file = small
    file.tensors[1].offset += 1
    #expect(try message { _ = try file.open() }.contains("multiple of 32"))
    file = small
    file.tensors[1].code = 16
    let sentence = try message { _ = try file.open() }
    #expect(sentence.contains("format number 16") && sentence.contains("Q4_1"))
    file = small
    file.tensors[1].dimensions = [33]
    #expect(try message { _ = try file.open() }.contains("33 values"))
    file = small
    file.tensors[1].name = "rows"
    #expect(try message { _ = try file.open() }.contains("twice"))
    file = small
    file.entries.append(("general.alignment", .integer(24)))
    #expect(try message { _ = try file.open() }.contains("general.alignment"))
  }

  @Test func `names from a file are harmless in the sentence`() throws {
    var file = small
    file.tensors[1].name = "\u{1B}[2J\u{202E}" + String(repeating: "x", count: 100_000)
    file.tensors[1].code = 16
    let sentence = try message { _ = try file.open() }
    #expect(sentence.contains("\\u{1b}[2J\\u{202e}x"))
    #expect(sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 } && sentence.count < 3000)
  }

  @Test func `rows out of range and buffers of another length are refused`() throws {
    let file = try small.open()
    var room = [Float](repeating: 0, count: 6)
    try room.withUnsafeMutableBufferPointer { out in
      #expect(throws: LanguageModelError.self) { try file.dequantized("absent", into: out) }
      #expect(throws: LanguageModelError.self) {
        try file.dequantized("rows", rows: 1..<4, into: out)
      }
      #expect(throws: LanguageModelError.self) {
        try file.dequantized("rows", rows: 1..<3, into: out)
      }
      try file.dequantized("rows", into: out)
    }
    #expect(room[0] == Float(bitPattern: 0x0302_0100))
  }

  @Test func `the digest of the shipped model is the published one`() throws {
    #expect(try sha256(ofFile: realModelPath()) == ModelFile.sha256)
    #expect(
      try withTemporaryFile(Array("abc".utf8)) { try sha256(ofFile: $0) }
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
