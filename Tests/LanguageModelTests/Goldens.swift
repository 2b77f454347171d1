import Foundation
import LanguageModel
import TestSupport
import Testing

/// The reference numbers of PyTorch, transformers and PEFT on the real model, in float32.
struct Goldens: Decodable, Sendable {
  struct Logits: Decodable, Sendable {
    let ids: [TokenID]
    let topIds: [TokenID]
    let topLogits: [Double]
    let logsumexp: Double
  }
  struct Greedy: Decodable, Sendable {
    let ids: [TokenID]
    let newIds: [TokenID]
  }
  struct Logprobs: Decodable, Sendable {
    let promptIds: [TokenID]
    let completionIds: [TokenID]
    let logprobs: [Double]
    let sum: Double
  }
  struct Gradient: Decodable, Sendable {
    let name: String
    let norm: Double
    let first: [Double]
    let last: [Double]
  }
  struct Demonstration: Decodable, Sendable {
    let promptIds: [TokenID]
    let completionIds: [TokenID]
  }
  struct Supervised: Decodable, Sendable {
    let demonstrations: [Demonstration]
    let loss: Double
    let gradNorm: Double
    let grads: [Gradient]
  }
  struct Reward: Decodable, Sendable {
    let promptIds: [TokenID]
    let completions: [[TokenID]]
    let tiers: [Int]
    let scores: [Double]
    let loss: Double
    let gradNorm: Double
    let grads: [Gradient]
  }
  struct Preference: Decodable, Sendable {
    let promptIds: [TokenID]
    let chosenIds: [TokenID]
    let rejectedIds: [TokenID]
    let beta: Double
    let policyChosen: Double
    let policyRejected: Double
    let refChosen: Double
    let refRejected: Double
    let loss: Double
    let gradNorm: Double
    let grads: [Gradient]
  }
  struct Optimizer: Decodable, Sendable {
    let lr: Double
    let losses: [Double]
  }

  let seed: Int
  let logits: [Logits]
  let greedy: [Greedy]
  let completionLogprobs: [Logprobs]
  let sft: Supervised
  let reward: Reward
  let dpo: Preference
  let adamw: Optimizer

  static func load() throws -> Goldens {
    let url = try #require(
      Bundle.module.url(forResource: "smollm2", withExtension: "json", subdirectory: "Fixtures"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Goldens.self, from: Data(contentsOf: url))
  }

  /// The adapter of the reference: r 8, α 16, all layers, A and B by a formula in PEFT's row order.
  func adapter(_ configuration: ModelConfiguration) -> LoRAAdapter {
    let adapter = LoRAAdapter(configuration: configuration, rank: 8, alpha: 16, seed: 0)
    for layer in 0..<configuration.layerCount {
      for linear in LinearLayer.allCases {
        let shift = Double(layer + linear.rawValue + seed)
        let (input, output) = configuration.shape(of: linear)
        let a = adapter.range(layer: layer, linear: linear, factor: .a).lowerBound
        let b = adapter.range(layer: layer, linear: linear, factor: .b).lowerBound
        for r in 0..<8 {
          for i in 0..<input {
            adapter.parameters[a + r * input + i] = Float(
              0.02 * sin(0.37 * Double(r) + 0.11 * Double(i) + shift))
          }
          for o in 0..<output {
            let row = ggufRow(ofPEFTRow: o, linear: linear, headSize: configuration.headSize)
            adapter.parameters[b + row * 8 + r] = Float(
              0.01 * cos(0.23 * Double(o) + 0.53 * Double(r) + shift))
          }
        }
      }
    }
    return adapter
  }
}

/// Where a row of B of query or key stands in GGUF, which pairs neighbours for RoPE where PEFT pairs
/// the halves of a head.
func ggufRow(ofPEFTRow row: Int, linear: LinearLayer, headSize: Int) -> Int {
  guard linear == .query || linear == .key else { return row }
  let (head, inside) = row.quotientAndRemainder(dividingBy: headSize)
  let half = headSize / 2
  return head * headSize + (inside < half ? 2 * inside : 2 * (inside - half) + 1)
}

/// A factor of an adapter in PEFT's order, from memory laid out as the adapter's parameters.
func factorInPEFTOrder(
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
func agree(_ a: Double, _ b: Double, within share: Double, or absolute: Double = 0) -> Bool {
  abs(a - b) <= max(share * max(abs(a), abs(b)), absolute)
}

/// A gradient's memory for the length of a test.
@discardableResult
func withGradient<Result>(
  of adapter: LoRAAdapter, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
) rethrows -> Result {
  let gradient = UnsafeMutableBufferPointer<Float>.allocate(capacity: adapter.parameters.count)
  gradient.initialize(repeating: 0)
  defer { gradient.deallocate() }
  return try body(gradient)
}
