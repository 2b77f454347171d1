import Feedback
import LanguageModel
import Learning
import TestSupport
import Testing

@testable import Trainer

/// What labels are as tokens.
@Suite struct LabelEncodingTests {
  let folder: TemporaryFolder
  let encoding: LabelEncoding

  init() throws {
    folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("tiny.gguf").path
    try TinyModel.write(to: path)
    encoding = LabelEncoding(model: try LanguageModel.load(path: path))
  }

  private func demonstrated(besides texts: [String]) -> ExamplePool.Demonstrated {
    let prompt = Prompt(
      id: 7, key: "moon", useCase: .generation,
      messages: [Message(role: .user, content: "Explain the moon.")])
    let demonstration = Demonstration(text: "It is round.")
    let label = Label(
      id: 3, labeler: "eve", prompt: prompt, slate: texts.isEmpty ? nil : 1,
      content: .demonstration(demonstration), duration: 1, created: 0)
    return encoding.demonstration(
      demonstration, of: label,
      completions: texts.enumerated().map { index, text in
        Completion(
          id: Int64(index), text: text, tokenIDs: [], logprobs: [], finishReason: .stop,
          policyVersion: 0, sampling: SamplingParameters(), seed: 0, origin: .unselected)
      })
  }

  @Test func aDemonstrationIsPreferredToWhatItsSlateShowed() {
    let compared = demonstrated(besides: ["It is flat.", "No."]).compared
    #expect(compared.completions.count == 3 && compared.group == 7)
    #expect(compared.pairs == Pair.all(tiers: [1, 2, 2]))
  }

  @Test func withoutASlateOrAmongItsCompletionsItStandsAlone() {
    for texts in [[], ["It is round.", "No."]] {
      let demonstrated = demonstrated(besides: texts)
      #expect(demonstrated.compared.completions == [demonstrated.example.completion])
      #expect(demonstrated.compared.pairs.isEmpty)
    }
  }
}
