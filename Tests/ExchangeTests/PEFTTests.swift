import Feedback
import Foundation
import LanguageModel
import Testing

@testable import Exchange

@Suite struct PEFTTests {
  /// A small Llama: four query heads of six, two of keys and values.
  private let configuration = ModelConfiguration(
    architecture: "llama", vocabularySize: 50, hiddenSize: 24, feedForwardSize: 40, layerCount: 3,
    headCount: 4, keyValueHeadCount: 2, headSize: 6, ropeBase: 10_000, normEpsilon: 1e-5,
    contextLength: 64)

  /// An adapter in which no two parameters are equal.
  private func adapter(layers: Range<Int>? = nil, rank: Int = 2) -> LoRAAdapter {
    let adapter = LoRAAdapter(
      configuration: configuration, rank: rank, alpha: 12, layers: layers, seed: 5)
    for index in adapter.parameters.indices { adapter.parameters[index] = Float(index + 1) / 64 }
    return adapter
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func message(_ body: () throws -> Void) throws -> String {
    try #require(#expect(throws: ExchangeError.self, performing: body)).description
  }

  /// Changes the file's tensors and writes them again.
  private func rewrite(_ folder: URL, _ change: (inout [Safetensors.NewTensor]) -> Void) throws {
    let file = folder.appending(path: PEFT.weightsFile)
    let read = try Safetensors(file: file)
    var tensors: [Safetensors.NewTensor] = try read.tensors.map {
      ($0.key, $0.value.shape, try read.floats($0.key))
    }
    change(&tensors)
    try Safetensors.write(tensors, to: file)
  }

  private func configurationJSON(_ folder: URL) throws -> [String: Any] {
    let data = try Data(contentsOf: folder.appending(path: PEFT.configurationFile))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test(arguments: [nil, 1..<3, 0..<1])
  func `an adapter read back is equal`(layers: Range<Int>?) throws {
    try withFolder { folder in
      let adapter = adapter(layers: layers)
      try PEFT.write(adapter: adapter, heads: nil, baseModelName: "base", to: folder)
      let read = try PEFT.read(directory: folder, configuration: configuration)
      #expect(read.heads == nil)
      #expect(read.adapter.rank == 2 && read.adapter.alpha == 12)
      #expect(read.adapter.layers == layers ?? 0..<3)
      #expect(Array(read.adapter.parameters) == Array(adapter.parameters))
    }
  }

  @Test func `the folder is what PEFT writes`() throws {
    try withFolder { folder in
      try PEFT.write(
        adapter: adapter(layers: 1..<3), heads: nil, baseModelName: "org/base", to: folder)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["adapter_config.json", "adapter_model.safetensors"])
      let json = try configurationJSON(folder)
      #expect(json["peft_type"] as? String == "LORA")
      #expect(json["task_type"] as? String == "CAUSAL_LM")
      #expect(json["base_model_name_or_path"] as? String == "org/base")
      #expect(json["r"] as? Int == 2 && json["lora_alpha"] as? Double == 12)
      #expect(json["layers_to_transform"] as? [Int] == [1, 2])
      #expect(
        json["target_modules"] as? [String] == [
          "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
        ])
      let file = try Safetensors(file: folder.appending(path: PEFT.weightsFile))
      #expect(file.metadata == ["format": "pt"])
      #expect(file.tensors.count == 2 * 7 * 2)
      let prefix = "base_model.model.model.layers.2."
      #expect(file.tensors[prefix + "self_attn.k_proj.lora_A.weight"]?.shape == [2, 24])
      #expect(file.tensors[prefix + "self_attn.k_proj.lora_B.weight"]?.shape == [12, 2])
      #expect(file.tensors[prefix + "mlp.down_proj.lora_A.weight"]?.shape == [2, 40])
      #expect(file.tensors[prefix + "mlp.down_proj.lora_B.weight"]?.shape == [24, 2])
    }
  }

  @Test func `rows of B of q and k stand in transformers' order`() throws {
    try withFolder { folder in
      let adapter = adapter()
      try PEFT.write(adapter: adapter, heads: nil, baseModelName: "base", to: folder)
      let file = try Safetensors(file: folder.appending(path: PEFT.weightsFile))
      for (linear, name, heads) in [
        (LinearLayer.query, "self_attn.q_proj", 4), (.key, "self_attn.k_proj", 2),
        (.value, "self_attn.v_proj", 0), (.up, "mlp.up_proj", 0),
      ] {
        let range = adapter.range(layer: 1, linear: linear, factor: .b)
        let stored = Array(adapter.parameters[range])
        let written = try file.floats("base_model.model.model.layers.1.\(name).lora_B.weight")
        if heads == 0 {
          #expect(written == stored)
          continue
        }
        #expect(written != stored)
        // transformers' row (head, half, i) is GGUF's row (head, i, half).
        for head in 0..<heads {
          for half in 0..<2 {
            for i in 0..<3 {
              let theirs = (head * 2 + half) * 3 + i
              let ours = (head * 3 + i) * 2 + half
              #expect(
                Array(written[theirs * 2..<theirs * 2 + 2])
                  == Array(stored[ours * 2..<ours * 2 + 2])
              )
            }
          }
        }
      }
    }
  }

  @Test func `a reward model keeps its heads, and their mean as score`() throws {
    try withFolder { folder in
      let heads = (0..<3).map { head in (0..<24).map { Float(head * 24 + $0) } }
      try PEFT.write(adapter: adapter(), heads: heads, baseModelName: "base", to: folder)
      #expect(try PEFT.read(directory: folder, configuration: configuration).heads == heads)
      let file = try Safetensors(file: folder.appending(path: PEFT.weightsFile))
      #expect(file.tensors["base_model.model.score.weight"]?.shape == [1, 24])
      #expect(try file.floats("base_model.model.score.weight") == heads[1])
      let json = try configurationJSON(folder)
      #expect(json["task_type"] as? String == "SEQ_CLS")
      #expect(json["modules_to_save"] as? [String] == ["score"])

      try FileManager.default.removeItem(at: folder.appending(path: "heads.safetensors"))
      #expect(try PEFT.read(directory: folder, configuration: configuration).heads == [heads[1]])

      try PEFT.write(adapter: adapter(), heads: nil, baseModelName: "base", to: folder)
      #expect(try PEFT.read(directory: folder, configuration: configuration).heads == nil)
    }
  }

  @Test func `a layer that the adapter leaves out adds nothing`() throws {
    try withFolder { folder in
      try PEFT.write(adapter: adapter(), heads: nil, baseModelName: "base", to: folder)
      try rewrite(folder) { tensors in
        tensors.removeAll { $0.name.contains("gate_proj") || $0.name.contains("layers.0.") }
      }
      let read = try PEFT.read(directory: folder, configuration: configuration).adapter
      #expect(read.layers == 1..<3)
      for factor in [LoRAAdapter.Factor.a, .b] {
        let gate = read.range(layer: 1, linear: .gate, factor: factor)
        #expect(read.parameters[gate].allSatisfy { $0 == 0 })
        let up = read.range(layer: 1, linear: .up, factor: factor)
        #expect(read.parameters[up].allSatisfy { $0 != 0 })
      }
    }
  }

  @Test func `an adapter of another model is refused`() throws {
    try withFolder { folder in
      try PEFT.write(adapter: adapter(), heads: nil, baseModelName: "base", to: folder)
      var wider = configuration
      wider.hiddenSize = 48
      wider.headCount = 8
      var shallower = configuration
      shallower.layerCount = 2
      for other in [wider, shallower] {
        let sentence = try message { _ = try PEFT.read(directory: folder, configuration: other) }
        #expect(sentence.contains("another model") && sentence.contains(PEFT.weightsFile))
      }
      try rewrite(folder) {
        $0.append(
          ("base_model.model.lm_head.lora_A.weight", [2, 24], Array(repeating: 0, count: 48)))
      }
      #expect(
        try message { _ = try PEFT.read(directory: folder, configuration: configuration) }
          .contains("lm_head"))
    }
  }

  @Test func `damaged folders are refused`() throws {
    try withFolder { folder in
      let read = { _ = try PEFT.read(directory: folder, configuration: configuration) }
      #expect(try message(read).contains("adapter_config.json"))
      try PEFT.write(adapter: adapter(), heads: nil, baseModelName: "base", to: folder)
      let weights = folder.appending(path: PEFT.weightsFile)
      let whole = try Data(contentsOf: weights)
      for length in [0, 7, 8, 100, whole.count / 2, whole.count - 1] {
        try whole.prefix(length).write(to: weights)
        #expect(try message(read).contains(PEFT.weightsFile))
      }
      try whole.write(to: weights)
      try rewrite(folder) { tensors in
        tensors.removeAll { $0.name.hasSuffix("layers.1.mlp.up_proj.lora_B.weight") }
      }
      #expect(try message(read).contains("up_proj"))
      try whole.write(to: weights)
      try rewrite(folder) { $0[0].values[0] = .nan }
      #expect(try message(read).contains("not finite"))
      try whole.write(to: weights)
      try read()

      let settings = folder.appending(path: PEFT.configurationFile)
      for (json, word) in [
        ("{", "damaged"), ("{}", "peft_type"),
        ("{\"peft_type\":\"IA3\",\"r\":2,\"lora_alpha\":1}", "IA3"),
        ("{\"peft_type\":\"LORA\",\"r\":0,\"lora_alpha\":1}", "rank"),
        ("{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":1e300}", "alpha"),
        ("{\"peft_type\":\"LORA\",\"r\":3,\"lora_alpha\":1}", "rank 3"),
        ("{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":1,\"use_dora\":true}", "use_dora"),
        ("{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":1,\"bias\":\"all\"}", "bias"),
      ] {
        try Data(json.utf8).write(to: settings)
        #expect(try message(read).contains(word), "\(json)")
      }
    }
  }
}
