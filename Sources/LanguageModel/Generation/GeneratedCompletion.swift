import Feedback

/// A completion that a ``Generator`` drew.
public struct GeneratedCompletion: Sendable, Equatable {
  /// The end token included when it was drawn.
  public var tokenIDs: [TokenID]
  /// One per token: the plain model's log-probability, at temperature 1 with nothing cut.
  public var logprobs: [Float]
  /// The text without the end token; valid UTF-8.
  public var text: String
  public var finishReason: FinishReason
  public var seed: UInt64

  public init(
    tokenIDs: [TokenID], logprobs: [Float], text: String, finishReason: FinishReason, seed: UInt64
  ) {
    self.tokenIDs = tokenIDs
    self.logprobs = logprobs
    self.text = text
    self.finishReason = finishReason
    self.seed = seed
  }
}
