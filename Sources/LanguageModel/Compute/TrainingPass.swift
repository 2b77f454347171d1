/// One forward pass, and one backward pass, over a batch of packed sequences.
public final class TrainingPass {
  /// What a caller wants from the forward pass.
  public enum Need: Sendable {
    case logprobs, endHidden
  }

  /// What the forward pass found.
  public struct Output: Sendable {
    /// `[sequence][completion][token]`: natural logarithms; empty unless needed.
    public var logprobs: [[[Float]]]
    /// `[sequence][completion]`: the final-norm hidden state at the completion's last token, as long
    /// as the model's hidden size; empty unless needed.
    public var endHidden: [[[Float]]]
    /// The number of positions computed.
    public var tokens: Int
  }

  private let model: LanguageModel

  public init(model: LanguageModel) {
    self.model = model
  }

  public func forward(
    _ batch: [PackedSequence], adapter: LoRAAdapter?, needs: Set<Need>, keepForBackward: Bool,
    tokenGradients: [[[Float]]]? = nil
  ) throws(LanguageModelError) -> Output {
    Output(logprobs: [], endHidden: [], tokens: 0)
  }

  public func backward(
    tokenGradients: [[[Float]]]? = nil, endHiddenGradients: [[[Float]]]? = nil,
    gradient: UnsafeMutableBufferPointer<Float>
  ) throws(LanguageModelError) {
  }
}
