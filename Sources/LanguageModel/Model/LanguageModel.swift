import Synchronization

/// A model's weights in float32, with its tokenizer and chat template.
///
/// Matrix products run on all cores through libgomp, whose threads belong to the thread that calls
/// it: compute with a model from one thread only.
public final class LanguageModel: Sendable {
  /// The file that the model was read from.
  public let path: String
  public let configuration: ModelConfiguration
  public let tokenizer: Tokenizer
  public let chatTemplate: ChatTemplate
  let weights: ModelWeights
  private let file: GGUFFile
  private let packedCodes = Mutex<CodeWeights?>(nil)
  private let digest = Mutex<String?>(nil)

  private init(
    file: GGUFFile, configuration: ModelConfiguration, tokenizer: Tokenizer,
    chatTemplate: ChatTemplate, weights: ModelWeights
  ) {
    self.file = file
    path = file.path
    self.configuration = configuration
    self.tokenizer = tokenizer
    self.chatTemplate = chatTemplate
    self.weights = weights
  }

  /// Reads a GGUF file and turns its weights into float32.
  ///
  /// - Parameter chatTemplate: one of ``ChatTemplate/names``; nil recognises the file's own.
  /// - Throws: ``LanguageModelError`` when the file is damaged, of another architecture, or of a
  ///   tokenizer or chat template that is not supported.
  public static func load(
    path: String, chatTemplate: String? = nil
  ) throws(LanguageModelError) -> LanguageModel {
    try load(GGUFFile(path: path), chatTemplate: chatTemplate)
  }

  /// The model of a file that has been opened.
  package static func load(
    _ file: GGUFFile, chatTemplate: String? = nil
  ) throws(LanguageModelError) -> LanguageModel {
    let configuration = try ModelConfiguration(gguf: file)
    var tokenizer = try Tokenizer(gguf: file)
    let template = try ChatTemplate(gguf: file, name: chatTemplate)
    tokenizer.adopt(template)
    let weights = try ModelWeights(file: file, configuration: configuration)
    file.releasePages()
    return LanguageModel(
      file: file, configuration: configuration, tokenizer: tokenizer, chatTemplate: template,
      weights: weights)
  }

  /// The matrices as integer codes, packed when they are first asked for.
  func codes() throws(LanguageModelError) -> CodeWeights {
    if let known = packedCodes.withLock({ $0 }) { return known }
    let packed = try CodeWeights(file: file, weights: weights, configuration: configuration)
    file.releasePages()
    packedCodes.withLock { $0 = packed }
    return packed
  }

  /// The SHA-256 of the model's file in hexadecimal, computed once.
  public func sha256() throws(LanguageModelError) -> String {
    if let known = digest.withLock({ $0 }) { return known }
    let computed = try digestOfFile(path)
    digest.withLock { $0 = computed }
    return computed
  }
}

/// The module's function of this name, which the method hides.
private func digestOfFile(_ path: String) throws(LanguageModelError) -> String {
  try sha256(ofFile: path)
}
