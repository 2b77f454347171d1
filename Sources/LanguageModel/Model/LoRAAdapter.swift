import Feedback

/// Low-rank additions to the linear layers of a range of transformer layers (Hu et al. 2021):
/// y = W x + (α / r) B (A x).
///
/// A is `[rank, input]` and B is `[output, rank]`, row-major; the rows of B of query and key that RoPE
/// rotates together stand side by side, as those of the weights do (see
/// ``rowOfRotaryPairs(_:headSize:)``). All factors lie in one allocation, so
/// that an optimizer step is one pass; the factors A that share an input stand next to each other.
/// A reader and a writer at the same time are the caller's to keep apart.
public final class LoRAAdapter: @unchecked Sendable {
  /// One of the two factors.
  public enum Factor: Sendable {
    case a, b
  }

  public let rank: Int
  public let alpha: Float
  /// The layers that are adapted.
  public let layers: Range<Int>
  public let configuration: ModelConfiguration
  /// Every A and B; see ``range(layer:linear:factor:)``.
  public let parameters: UnsafeMutableBufferPointer<Float>

  /// Where the factors of a layer begin, counted from the layer's first parameter.
  private let offsets: [(a: Int, b: Int)]
  private let parametersPerLayer: Int

  /// What the product B A is multiplied by.
  public var scale: Float { alpha / Float(rank) }

  /// A new adapter: A Kaiming uniform with a = √5, that is uniform within ±1/√input, and B zero, so
  /// that it changes nothing yet.
  ///
  /// - Parameter layers: the layers to adapt; nil adapts all.
  public init(
    configuration: ModelConfiguration, rank: Int, alpha: Float, layers: Range<Int>? = nil,
    seed: UInt64
  ) {
    let layers = layers ?? 0..<configuration.layerCount
    precondition(rank > 0, "a LoRA adapter's rank is at least 1")
    precondition(
      layers.lowerBound >= 0 && layers.upperBound <= configuration.layerCount,
      "a LoRA adapter's layers lie within the model")
    self.rank = rank
    self.alpha = alpha
    self.layers = layers
    self.configuration = configuration

    var offsets = Array(repeating: (a: 0, b: 0), count: LinearLayer.allCases.count)
    var end = 0
    for group in Self.groups {
      for linear in group {
        offsets[linear.rawValue].a = end
        end += rank * configuration.shape(of: linear).input
      }
      for linear in group {
        offsets[linear.rawValue].b = end
        end += rank * configuration.shape(of: linear).output
      }
    }
    self.offsets = offsets
    parametersPerLayer = end
    parameters = .allocate(capacity: end * layers.count)
    parameters.initialize(repeating: 0)

    var random = SplitMix64(seed: seed)
    for layer in layers {
      for linear in LinearLayer.allCases {
        let bound = 1 / Double(configuration.shape(of: linear).input).squareRoot()
        for index in range(layer: layer, linear: linear, factor: .a) {
          parameters[index] = Float((2 * random.uniform() - 1) * bound)
        }
      }
    }
  }

  private init(copying other: LoRAAdapter) {
    rank = other.rank
    alpha = other.alpha
    layers = other.layers
    configuration = other.configuration
    offsets = other.offsets
    parametersPerLayer = other.parametersPerLayer
    parameters = .allocate(capacity: other.parameters.count)
    _ = parameters.initialize(from: other.parameters)
  }

  deinit {
    parameters.deallocate()
  }

  /// The linear layers that share an input.
  private static let groups: [[LinearLayer]] = [
    [.query, .key, .value], [.output], [.gate, .up], [.down],
  ]

  /// Where a factor stands in ``parameters``; `layer` is one of ``layers``.
  public func range(layer: Int, linear: LinearLayer, factor: Factor) -> Range<Int> {
    precondition(layers.contains(layer), "layer \(layer) is not adapted")
    let shape = configuration.shape(of: linear)
    let offset = offsets[linear.rawValue]
    let base = (layer - layers.lowerBound) * parametersPerLayer
    return switch factor {
    case .a: (base + offset.a)..<(base + offset.a + rank * shape.input)
    case .b: (base + offset.b)..<(base + offset.b + rank * shape.output)
    }
  }

  /// The number of inputs and outputs of a linear layer.
  public static func shape(
    of linear: LinearLayer, configuration: ModelConfiguration
  ) -> (input: Int, output: Int) {
    configuration.shape(of: linear)
  }

  /// An adapter with parameters of its own, equal to this one's.
  public func copy() -> LoRAAdapter {
    LoRAAdapter(copying: self)
  }

  /// Multiplies what the adapter adds.
  public func strengthen(by factor: Float) {
    for layer in layers {
      for linear in LinearLayer.allCases {
        for index in range(layer: layer, linear: linear, factor: .b) { parameters[index] *= factor }
      }
    }
  }

  /// Moves all weights some share of the way to others, as many and in the same order as ``parameters``.
  public func move(_ share: Float, to others: [Float]) {
    precondition(others.count == parameters.count)
    for index in others.indices {
      parameters[index] += share * (others[index] - parameters[index])
    }
  }
}
