/// How tokens are drawn from the model's distribution.
public struct SamplingParameters: Codable, Sendable, Hashable {
  /// 0 is greedy.
  public var temperature: Double
  /// The number of most likely tokens kept; 0 keeps all.
  public var topK: Int
  /// The probability mass kept, most likely tokens first; 1 keeps all.
  public var topP: Double
  /// Tokens under this share of the most likely token's probability are cut; 0 cuts none.
  public var minP: Double
  /// The longest completion, in tokens, end token included.
  public var maxTokens: Int

  public init(
    temperature: Double = 1, topK: Int = 0, topP: Double = 1, minP: Double = 0, maxTokens: Int = 128
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.maxTokens = maxTokens
  }
}

/// Why a completion ended: it wrote the end token, or it reached the longest length.
public enum FinishReason: String, Codable, Sendable {
  case stop, length
}

/// Why a completion is in its slate.
public enum CompletionOrigin: String, Codable, Sendable {
  /// The best of several of the policy's, by predicted reward.
  case selected
  /// The policy's first draw, which no reward selected: the win rate compares it.
  case unselected
  /// Drawn from the base model or an earlier version: what the win rate compares with.
  case reference
}

/// Text that a policy wrote for a prompt, with everything needed to draw it again.
public struct Completion: Sendable, Hashable, Identifiable {
  public var id: Int64
  public var text: String
  /// The end token included when it was written.
  public var tokenIDs: [Int32]
  /// One per token: the plain model's log-probability, at temperature 1 with nothing cut.
  public var logprobs: [Float]
  public var finishReason: FinishReason
  /// The policy version that wrote it; 0 is the base model.
  public var policyVersion: Int64
  public var sampling: SamplingParameters
  public var seed: UInt64
  public var origin: CompletionOrigin

  public init(
    id: Int64, text: String, tokenIDs: [Int32], logprobs: [Float], finishReason: FinishReason,
    policyVersion: Int64, sampling: SamplingParameters, seed: UInt64, origin: CompletionOrigin
  ) {
    self.id = id
    self.text = text
    self.tokenIDs = tokenIDs
    self.logprobs = logprobs
    self.finishReason = finishReason
    self.policyVersion = policyVersion
    self.sampling = sampling
    self.seed = seed
    self.origin = origin
  }
}
