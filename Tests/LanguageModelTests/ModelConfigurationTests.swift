import TestSupport
import Testing

@testable import LanguageModel

@Suite struct ModelConfigurationTests {
  /// A model of one layer whose weights are all zero.
  private func tiny(architecture: String = "llama") -> GGUFBytes {
    var file = GGUFBytes()
    file.entries = [
      ("general.architecture", .string(architecture)),
      ("\(architecture).embedding_length", .integer(8)),
      ("\(architecture).feed_forward_length", .integer(6)),
      ("\(architecture).block_count", .integer(1)),
      ("\(architecture).attention.head_count", .integer(4)),
      ("\(architecture).attention.head_count_kv", .integer(2)),
      ("\(architecture).context_length", .integer(64)),
    ]
    let shapes: [(String, [Int])] = [
      ("token_embd", [8, 5]), ("output_norm", [8]), ("blk.0.attn_norm", [8]),
      ("blk.0.attn_q", [8, 8]), ("blk.0.attn_k", [8, 4]), ("blk.0.attn_v", [8, 4]),
      ("blk.0.attn_output", [8, 8]), ("blk.0.ffn_norm", [8]), ("blk.0.ffn_gate", [8, 6]),
      ("blk.0.ffn_up", [8, 6]), ("blk.0.ffn_down", [6, 8]),
    ]
    for (name, shape) in shapes {
      file.add(
        name + ".weight", shape, .f32, [UInt8](repeating: 0, count: 4 * shape.reduce(1, *)))
    }
    return file
  }

  private func message(_ file: GGUFBytes) throws -> String {
    try #require(
      #expect(throws: LanguageModelError.self) { try ModelConfiguration(gguf: file.open()) }
    ).description
  }

  @Test func `the shipped model has SmolLM2's shape`() throws {
    let configuration = try ModelConfiguration(gguf: GGUFFile(path: realModelPath()))
    #expect(
      configuration
        == ModelConfiguration(
          architecture: "llama", vocabularySize: 49152, hiddenSize: 576, feedForwardSize: 1536,
          layerCount: 30, headCount: 9, keyValueHeadCount: 3, headSize: 64, ropeBase: 100_000,
          normEpsilon: 1e-5, contextLength: 8192))
  }

  @Test func `a small model is read with the usual defaults`() throws {
    let configuration = try ModelConfiguration(gguf: tiny().open())
    #expect(configuration.vocabularySize == 5 && configuration.headSize == 2)
    #expect(configuration.ropeBase == 10_000)
  }

  @Test func `widths that codes cannot hold are refused in words`() throws {
    let file = try tiny().open()
    let configuration = try ModelConfiguration(gguf: file)
    let weights = try ModelWeights(file: file, configuration: configuration)
    let error = #expect(throws: LanguageModelError.self) {
      try CodeWeights(file: file, weights: weights, configuration: configuration)
    }
    #expect(error?.description.contains("8 inputs") == true, "\(String(describing: error))")
    #expect(error?.description.contains("multiples of 32") == true)
  }

  @Test func `a window as long as the context is no window`() throws {
    var file = tiny()
    file.entries.append(("llama.attention.sliding_window", .integer(64)))
    #expect(try ModelConfiguration(gguf: file.open()).contextLength == 64)
  }

  @Test func `another architecture is named with those supported`() throws {
    let sentence = try message(tiny(architecture: "mamba"))
    #expect(sentence.contains("'mamba'") && sentence.contains("supported: llama, qwen2, qwen3"))
  }

  @Test func `what the forward pass would get wrong is refused`() throws {
    var file = tiny()
    file.entries[4].value = .integer(3)
    #expect(try message(file).contains("heads"))
    file = tiny()
    file.entries[3].value = .integer(1000)
    #expect(try message(file).contains("1000 layers"))
    file = tiny()
    file.entries[3].value = .integer(2)
    #expect(try message(file).contains("'blk.1.attn_norm.weight'"))
    file = tiny()
    file.entries[2].value = .integer(7)
    #expect(try message(file).contains("ffn_gate"))
    file = tiny()
    file.entries[3].value = .integer(0)
    #expect(try message(file).contains("block_count"))
    file = tiny()
    file.entries.removeLast()
    #expect(try message(file).contains("context_length"))
    file = tiny()
    file.add("blk.0.attn_q.bias", [8], .f32, [UInt8](repeating: 0, count: 32))
    let bias = try message(file)
    #expect(bias.contains("'blk.0.attn_q.bias'") && bias.contains("biases"))
    for (key, value, found) in [
      ("rope.scaling.type", GGUFBytes.Value.string("yarn"), "'yarn'"),
      ("rope.scale_linear", .float(2), "2.0"), ("expert_count", .integer(8), "8 experts"),
      ("attention.sliding_window", .integer(16), "window of 16"),
      ("attention.causal", .bool(false), "both directions"),
      ("rope.dimension_count", .integer(1), "rotated"),
      ("attention.value_length", .integer(4), "values of 4"),
      ("attention.head_count_kv", .integers([2]), "not one number"),
    ] {
      file = tiny()
      file.entries.removeAll { $0.key == "llama." + key }
      file.entries.append(("llama." + key, value))
      let sentence = try message(file)
      #expect(sentence.contains(found) && sentence.contains("supported"), "\(sentence)")
    }
    file = tiny()
    file.add("rope_freqs.weight", [1], .f32, [0, 0, 0, 0])
    #expect(try message(file).contains("rope_freqs"))
    file = tiny(architecture: "qwen2")
    #expect(try message(file).contains("'blk.0.attn_q.bias'"))
    file = tiny(architecture: "qwen3")
    #expect(try message(file).contains("'blk.0.attn_q_norm.weight'"))
    file = tiny()
    file.entries.append(("general.type", .string("adapter")))
    #expect(try message(file).contains("'adapter'"))
  }
}
