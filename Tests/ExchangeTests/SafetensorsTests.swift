import Foundation
import Testing

@testable import Exchange

@Suite struct SafetensorsTests {
  private let file = Safetensors.encode(
    [("b", [2, 3], [1, -2, 0.5, 1e-30, .infinity, 6]), ("a", [1], [7]), ("empty", [0, 4], [])],
    metadata: ["format": "pt", "step": "12"])

  /// A file with that header and that many bytes of tensors.
  private func file(header: String, bytes: [UInt8]) -> Data {
    var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    data.append(contentsOf: header.utf8)
    data.append(contentsOf: bytes)
    return data
  }

  @Test func `tensors and metadata are read back`() throws {
    let read = try Safetensors(data: file, name: "x")
    #expect(read.metadata == ["format": "pt", "step": "12"])
    #expect(read.tensors.keys.sorted() == ["a", "b", "empty"])
    #expect(read.tensors["b"]?.shape == [2, 3])
    #expect(try read.floats("b") == [1, -2, 0.5, 1e-30, .infinity, 6])
    #expect(try read.floats("a") == [7])
    #expect(try read.floats("empty") == [])
    #expect(throws: ExchangeError.self) { try read.floats("c") }
  }

  @Test func `a file is replaced whole and is the user's alone`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "x.safetensors")
    try Safetensors.write([("a", [1], [1])], to: path)
    try Safetensors.write([("a", [2], [3, 4])], to: path)
    #expect(try Safetensors(file: path).floats("a") == [3, 4])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.safetensors"])
    let attributes = try FileManager.default.attributesOfItem(atPath: path.path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let error = #expect(throws: ExchangeError.self) {
      try Safetensors.write([], to: folder.appending(path: "absent/x"))
    }
    #expect(error?.description.contains("absent/x") == true)
  }

  @Test func `a file cut off anywhere is refused with its name`() {
    for length in 0..<file.count {
      let error = #expect(throws: ExchangeError.self) {
        try Safetensors(data: file.prefix(length), name: "cut.safetensors")
      }
      #expect(error?.description.hasPrefix("cut.safetensors: ") == true, "\(length)")
    }
  }

  @Test func `a file with any byte changed is read or refused`() {
    for index in file.indices {
      for value in [UInt8(0), 0xFF, file[index] ^ 0x10] {
        var changed = file
        changed[index] = value
        guard let read = try? Safetensors(data: changed, name: "x") else { continue }
        for name in read.tensors.keys { #expect((try? read.floats(name)) != nil) }
      }
    }
  }

  @Test(arguments: [
    "{", "[]", "{\"a\":3}", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1,-1],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905,4],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1000000000000],\"data_offsets\":[0,4000000000000]}}",
    "{\"a\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
  ])
  func `headers that do not fit four bytes of data are refused`(header: String) {
    #expect(throws: ExchangeError.self) {
      try Safetensors(data: file(header: header, bytes: [0, 0, 0, 0]), name: "x")
    }
  }

  @Test func `names from a file are harmless in the sentence`() throws {
    let header = "{\"\\u001b[2J\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]}}"
    let error = #expect(throws: ExchangeError.self) {
      try Safetensors(data: file(header: header, bytes: [0, 0, 0, 0]), name: "x")
    }
    #expect(error?.description.contains("“\\u{1b}[2J” is of type I8") == true)
  }

  @Test func `half-precision tensors become float32`() throws {
    let header =
      "{\"h\":{\"dtype\":\"F16\",\"shape\":[5],\"data_offsets\":[0,10]},\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[10,14]}}"
    let bytes: [UInt8] = [
      0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0x00, 0x7C, 0xFF, 0x7B, 0xC0, 0x3F, 0x00, 0xC1,
    ]
    let read = try Safetensors(data: file(header: header, bytes: bytes), name: "x")
    #expect(try read.floats("h") == [1, -2, 0x1p-24, .infinity, 65504])
    #expect(try read.floats("b") == [1.5, -8])
  }
}
