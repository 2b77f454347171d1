import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Exchange

@Suite struct GGUFAdapterTests {
  /// A small Llama whose factors fill no multiple of 32 bytes.
  private let configuration = ModelConfiguration(
    architecture: "llama", vocabularySize: 50, hiddenSize: 20, feedForwardSize: 44, layerCount: 3,
    headCount: 5, keyValueHeadCount: 1, headSize: 4, ropeBase: 10_000, normEpsilon: 1e-5,
    contextLength: 64)

  /// An adapter in which no two parameters are equal.
  private func adapter(layers: Range<Int>? = nil, alpha: Float = 12) -> LoRAAdapter {
    let adapter = LoRAAdapter(
      configuration: configuration, rank: 3, alpha: alpha, layers: layers, seed: 5)
    for index in adapter.parameters.indices { adapter.parameters[index] = Float(index + 1) / 64 }
    return adapter
  }

  private func floats(_ file: GGUFFile, _ name: String) throws -> [Float] {
    var values = [Float](repeating: .nan, count: try #require(file.tensors[name]).count)
    try values.withUnsafeMutableBufferPointer { try file.dequantized(name, into: $0) }
    return values
  }

  @Test func `the metadata is what llama.cpp asks for`() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("lora.gguf").path
    try GGUFAdapter.write(adapter(), to: path)
    let file = try GGUFFile(path: path)
    #expect(file.string("general.type") == "adapter")
    #expect(file.string("general.architecture") == "llama")
    #expect(file.string("adapter.type") == "lora")
    #expect(file.float("adapter.lora.alpha") == 12)
    // Read as an integer, an alpha would be 0 to llama.cpp.
    #expect(file.integer("adapter.lora.alpha") == nil)
    let error = #expect(throws: LanguageModelError.self) { try ModelConfiguration(gguf: file) }
    #expect(error?.description.contains("'adapter', not a model") == true)
  }

  @Test(arguments: [nil, 1..<2])
  func `every factor is read back with its name, shape and values`(layers: Range<Int>?) throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("lora.gguf").path
    let adapter = adapter(layers: layers)
    try GGUFAdapter.write(adapter, to: path)
    let file = try GGUFFile(path: path)
    #expect(file.tensors.count == (layers ?? 0..<3).count * 7 * 2)
    #expect(file.tensors.values.allSatisfy { $0.format == .f32 })
    let names: [(LinearLayer, String, input: Int, output: Int)] = [
      (.query, "attn_q", 20, 20), (.key, "attn_k", 20, 4), (.value, "attn_v", 20, 4),
      (.output, "attn_output", 20, 20), (.gate, "ffn_gate", 20, 44), (.up, "ffn_up", 20, 44),
      (.down, "ffn_down", 44, 20),
    ]
    for layer in layers ?? 0..<3 {
      for (linear, name, input, output) in names {
        let a = "blk.\(layer).\(name).weight.lora_a"
        #expect(file.tensors[a]?.dimensions == [input, 3])
        let rangeA = adapter.range(layer: layer, linear: linear, factor: .a)
        #expect(try floats(file, a) == Array(adapter.parameters[rangeA]))
        let b = "blk.\(layer).\(name).weight.lora_b"
        #expect(file.tensors[b]?.dimensions == [3, output])
        let rangeB = adapter.range(layer: layer, linear: linear, factor: .b)
        #expect(try floats(file, b) == Array(adapter.parameters[rangeB]))
      }
    }
  }

  @Test func `rows of B stand as in the base model's own file`() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("lora.gguf").path
    var qwen = configuration
    qwen.architecture = "qwen2"
    let adapter = LoRAAdapter(configuration: qwen, rank: 3, alpha: 12, seed: 5)
    for index in adapter.parameters.indices { adapter.parameters[index] = Float(index + 1) / 64 }
    try GGUFAdapter.write(adapter, to: path)
    let file = try GGUFFile(path: path)
    for (linear, name, outputs) in [(LinearLayer.query, "attn_q", 20), (.key, "attn_k", 4)] {
      let written = try floats(file, "blk.1.\(name).weight.lora_b")
      let own = Array(adapter.parameters[adapter.range(layer: 1, linear: linear, factor: .b)])
      // Of a head's four rows, 0 and 2 are rotated with each other, and 1 and 3.
      let places = [0, 2, 1, 3]
      for row in 0..<outputs {
        let place = row / 4 * 4 + places[row % 4]
        #expect(written[(row * 3)..<(row * 3 + 3)] == own[(place * 3)..<(place * 3 + 3)])
      }
    }
    let values = try floats(file, "blk.1.attn_v.weight.lora_b")
    #expect(
      values == Array(adapter.parameters[adapter.range(layer: 1, linear: .value, factor: .b)]))
  }

  @Test func `an alpha that llama.cpp takes for another is refused`() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("lora.gguf").path
    let error = #expect(throws: ExchangeError.self) {
      try GGUFAdapter.write(adapter(alpha: 0), to: path)
    }
    #expect(error?.description.hasPrefix("\(path) cannot be written: the adapter's alpha") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `a place that cannot be written gives one sentence`() {
    for (path, reason) in [
      ("/dev/full", "No space left on device"), ("/tmp", "is a folder"),
      ("/nowhere/lora.gguf", "No such file or directory"),
    ] {
      let error = #expect(throws: ExchangeError.self) {
        try GGUFAdapter.write(adapter(), to: path)
      }
      let sentence = error?.description ?? ""
      #expect(sentence.contains(path) && sentence.contains(reason), "\(sentence)")
    }
  }

  @Test func `a file is replaced whole and is the user's alone`() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent("lora.gguf")
    try Data("old".utf8).write(to: url)
    try GGUFAdapter.write(adapter(), to: url.path)
    #expect(try GGUFFile(path: url.path).tensors.count == 42)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["lora.gguf"])
    let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
  }
}
