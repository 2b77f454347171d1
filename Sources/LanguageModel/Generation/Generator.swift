import Feedback

public final class Generator {
  private let model: LanguageModel

  public init(model: LanguageModel) {
    self.model = model
  }

  public func generate(
    prompt: [TokenID], adapter: LoRAAdapter?, seeds: [UInt64], sampling: SamplingParameters,
    onStep: ((_ step: Int, _ partial: [[TokenID]]) -> Bool)? = nil
  ) throws -> [GeneratedCompletion] {
    []
  }
}
