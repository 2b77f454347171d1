import Foundation
import LanguageModel
import Testing

/// The reference numbers of PyTorch, transformers and PEFT on the real model, in float32.
public struct Goldens: Decodable, Sendable {
  public struct Tokenized: Decodable, Sendable {
    public let text: String
    public let ids: [TokenID]
  }
  public struct Rendered: Decodable, Sendable {
    public let prompt: String
    public let rendered: String
    public let ids: [TokenID]
  }
  public struct Logits: Decodable, Sendable {
    public let ids: [TokenID]
    public let topIds: [TokenID]
    public let topLogits: [Double]
    public let logsumexp: Double
  }
  public struct Greedy: Decodable, Sendable {
    public let ids: [TokenID]
    public let newIds: [TokenID]
  }
  public struct Logprobs: Decodable, Sendable {
    public let promptIds: [TokenID]
    public let completionIds: [TokenID]
    public let logprobs: [Double]
    public let sum: Double
  }
  public struct Gradient: Decodable, Sendable {
    public let name: String
    public let norm: Double
    public let first: [Double]
    public let last: [Double]
  }
  public struct Demonstration: Decodable, Sendable {
    public let promptIds: [TokenID]
    public let completionIds: [TokenID]
  }
  public struct Supervised: Decodable, Sendable {
    public let demonstrations: [Demonstration]
    public let loss: Double
    public let gradNorm: Double
    public let grads: [Gradient]
  }
  public struct Reward: Decodable, Sendable {
    public let promptIds: [TokenID]
    public let completions: [[TokenID]]
    public let tiers: [Int]
    public let scores: [Double]
    public let loss: Double
    public let gradNorm: Double
    public let grads: [Gradient]
  }
  public struct Preference: Decodable, Sendable {
    public let promptIds: [TokenID]
    public let chosenIds: [TokenID]
    public let rejectedIds: [TokenID]
    public let beta: Double
    public let policyChosen: Double
    public let policyRejected: Double
    public let refChosen: Double
    public let refRejected: Double
    public let loss: Double
    public let gradNorm: Double
    public let grads: [Gradient]
  }
  public struct Optimizer: Decodable, Sendable {
    public let lr: Double
    public let losses: [Double]
  }

  public let seed: Int
  public let tokenizer: [Tokenized]
  public let chat: [Rendered]
  public let logits: [Logits]
  public let greedy: [Greedy]
  public let completionLogprobs: [Logprobs]
  public let sft: Supervised
  public let reward: Reward
  public let dpo: Preference
  public let adamw: Optimizer

  /// The file they stand in.
  public static func data() throws -> Data {
    try Data(contentsOf: fixture("smollm2.json"))
  }

  public static func load() throws -> Goldens {
    try fixture("smollm2.json", as: Goldens.self)
  }

  /// The adapter of the reference: r 8, α 16, all layers, A and B by a formula in PEFT's row order.
  public func adapter(_ configuration: ModelConfiguration) -> LoRAAdapter {
    formulaAdapter(
      configuration, rank: 8, alpha: 16, amplitudes: (a: 0.02, b: 0.01), seed: seed)
  }
}

/// An adapter of all layers whose A and B are waves of the given amplitudes, in PEFT's row order.
public func formulaAdapter(
  _ configuration: ModelConfiguration, rank: Int, alpha: Float,
  amplitudes: (a: Double, b: Double), seed: Int = 0
) -> LoRAAdapter {
  let adapter = LoRAAdapter(configuration: configuration, rank: rank, alpha: alpha, seed: 0)
  for layer in 0..<configuration.layerCount {
    for linear in LinearLayer.allCases {
      let shift = Double(layer + linear.rawValue + seed)
      let (input, output) = LoRAAdapter.shape(of: linear, configuration: configuration)
      let a = adapter.range(layer: layer, linear: linear, factor: .a).lowerBound
      let b = adapter.range(layer: layer, linear: linear, factor: .b).lowerBound
      for r in 0..<rank {
        for i in 0..<input {
          adapter.parameters[a + r * input + i] = Float(
            amplitudes.a * sin(0.37 * Double(r) + 0.11 * Double(i) + shift))
        }
        for o in 0..<output {
          let row = ggufRow(ofPEFTRow: o, linear: linear, headSize: configuration.headSize)
          adapter.parameters[b + row * rank + r] = Float(
            amplitudes.b * cos(0.23 * Double(o) + 0.53 * Double(r) + shift))
        }
      }
    }
  }
  return adapter
}

/// Where a row of B of query or key stands in GGUF, which pairs neighbours for RoPE where PEFT pairs
/// the halves of a head.
public func ggufRow(ofPEFTRow row: Int, linear: LinearLayer, headSize: Int) -> Int {
  guard linear == .query || linear == .key else { return row }
  let (head, inside) = row.quotientAndRemainder(dividingBy: headSize)
  let half = headSize / 2
  return head * headSize + (inside < half ? 2 * inside : 2 * (inside - half) + 1)
}

/// A factor of an adapter in PEFT's order, from memory laid out as the adapter's parameters.
public func factorInPEFTOrder(
  named name: String, of adapter: LoRAAdapter, in values: UnsafeMutableBufferPointer<Float>
) throws -> [Float] {
  let parts = name.split(separator: ".")
  let layer = try #require(Int(parts[1]))
  let names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
  let index = try #require(names.firstIndex(of: String(parts[3])))
  let linear = try #require(LinearLayer(rawValue: index))
  guard parts[4] == "lora_B" else {
    return Array(values[adapter.range(layer: layer, linear: linear, factor: .a)])
  }
  let range = adapter.range(layer: layer, linear: linear, factor: .b)
  return (0..<range.count / adapter.rank).flatMap { row in
    let place = ggufRow(
      ofPEFTRow: row, linear: linear, headSize: adapter.configuration.headSize)
    return values[(range.lowerBound + place * adapter.rank)...].prefix(adapter.rank)
  }
}

/// Whether two numbers agree to a share of the larger.
public func agree(_ a: Double, _ b: Double, within share: Double, or absolute: Double = 0) -> Bool {
  abs(a - b) <= max(share * max(abs(a), abs(b)), absolute)
}

/// A gradient's memory for the length of a test.
@discardableResult
public func withGradient<Result>(
  of adapter: LoRAAdapter, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
) rethrows -> Result {
  let gradient = UnsafeMutableBufferPointer<Float>.allocate(capacity: adapter.parameters.count)
  gradient.initialize(repeating: 0)
  defer { gradient.deallocate() }
  return try body(gradient)
}
