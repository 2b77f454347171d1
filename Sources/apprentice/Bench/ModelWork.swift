import LanguageModel

/// The multiplications and additions that a model's matrices cost at least, per token: what is
/// compared with the machine's peak.
///
/// Attention, norms, adapters and sampling are not counted, nor is the embedding, which is looked up.
struct ModelWork {
  /// Weights in the linear layers of one transformer layer.
  var parametersPerLayer: Int
  var layers: Int
  /// Weights in the output head.
  var headParameters: Int

  init(_ configuration: ModelConfiguration) {
    parametersPerLayer = LinearLayer.allCases.reduce(0) { sum, linear in
      let shape = configuration.shape(of: linear)
      return sum + shape.input * shape.output
    }
    layers = configuration.layerCount
    headParameters = configuration.vocabularySize * configuration.hiddenSize
  }

  /// Linear layers and output head.
  var parameters: Int { parametersPerLayer * layers + headParameters }

  /// A token drawn: two operations a weight.
  var decoding: Double { 2 * Double(parameters) }

  /// A token trained with the loss on it, in so many adapted layers: of those and the head two
  /// operations a weight forward, two for the gradient of its input; frozen weights have no gradient
  /// of their own.
  func training(adaptedLayers: Int) -> Double {
    4 * Double(parametersPerLayer * adaptedLayers + headParameters)
  }

  /// A token of a completion that is scored at its end: the layers forward.
  var scoring: Double { 2 * Double(parametersPerLayer * layers) }

  /// A token that the reward model learns from, in so many adapted layers: those, forward and
  /// backward.
  func ranking(adaptedLayers: Int) -> Double {
    4 * Double(parametersPerLayer * adaptedLayers)
  }
}
