import Foundation
import Synchronization

/// A model's weights in float32, with its tokenizer and chat template.
///
/// Matrix products run on all cores through oneDNN, whose threads belong to the thread that calls
/// it: compute with a model from one thread only.
public final class LanguageModel: Sendable {
  /// The file that the model was read from.
  public let path: String
  public let configuration: ModelConfiguration
  public let tokenizer: Tokenizer
  public let chatTemplate: ChatTemplate
  let weights: ModelWeights
  private let digest = Mutex<String?>(nil)

  init(
    path: String, configuration: ModelConfiguration, tokenizer: Tokenizer,
    chatTemplate: ChatTemplate, weights: ModelWeights
  ) {
    self.path = path
    self.configuration = configuration
    self.tokenizer = tokenizer
    self.chatTemplate = chatTemplate
    self.weights = weights
  }

  /// Reads a GGUF file and turns its weights into float32.
  ///
  /// - Throws: ``LanguageModelError`` when the file is damaged, of another architecture, or of a
  ///   tokenizer or chat template that is not supported.
  public static func load(path: String) throws(LanguageModelError) -> LanguageModel {
    let file = try GGUFFile(path: path)
    let configuration = try ModelConfiguration(file: file, path: path)
    return LanguageModel(
      path: path, configuration: configuration, tokenizer: try Tokenizer(gguf: file),
      chatTemplate: try ChatTemplate(gguf: file),
      weights: try ModelWeights(file: file, configuration: configuration, path: path))
  }

  /// The SHA-256 of the model's file in hexadecimal, computed once.
  public func sha256() throws(LanguageModelError) -> String {
    if let known = digest.withLock({ $0 }) { return known }
    let computed = try LanguageModelFile.digest(path)
    digest.withLock { $0 = computed }
    return computed
  }
}

/// Names the module's function where the model's own method hides it.
private enum LanguageModelFile {
  static func digest(_ path: String) throws(LanguageModelError) -> String {
    try apprenticeDigest(path)
  }
}

private func apprenticeDigest(_ path: String) throws(LanguageModelError) -> String {
  try sha256(ofFile: path)
}
