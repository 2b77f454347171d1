import Feedback
import LanguageModel
import Learning
import Storage

/// Turns labels into the tokens that training reads.
struct LabelEncoding {
  let model: LanguageModel

  /// A demonstration, encoded as the program renders it, the end token included.
  ///
  /// - Parameter completions: those of its slate; none without one.
  func demonstration(
    _ demonstration: Demonstration, of label: Label, completions: [Completion]
  ) -> ExamplePool.Demonstrated {
    let example = SupervisedExample(
      prompt: prompt(label.prompt),
      completion: model.chatTemplate.encodeCompletion(
        demonstration.text, tokenizer: model.tokenizer))
    let isShown = completions.contains { $0.text == demonstration.text }
    let others = isShown ? [] : completions.map { ended(tokens(of: $0)) }
    return ExamplePool.Demonstrated(
      label: label.id, example: example,
      compared: RankedExample(
        prompt: example.prompt, completions: [ended(example.completion)] + others,
        pairs: Pair.all(tiers: [1] + others.map { _ in 2 }), group: group(label)))
  }

  /// A ranking; the completions' stored tokens are what is trained on.
  ///
  /// - Parameter completions: those of the label's slate, in any order.
  func ranking(
    _ ranking: Ranking, of label: Label, completions: [Completion]
  ) -> ExamplePool.Ranked {
    let tiers = ranking.tierNumbers
    let ranked = completions.filter { tiers[$0.id] != nil }
    let pairs = Pair.all(tiers: ranked.map { tiers[$0.id]! })
    let prompt = prompt(label.prompt)
    let tokens = ranked.map(tokens)
    let group = group(label)
    return ExamplePool.Ranked(
      label: label.id,
      example: RankedExample(prompt: prompt, completions: tokens, pairs: pairs, group: group),
      ended: RankedExample(
        prompt: prompt, completions: tokens.map(ended), pairs: pairs, group: group))
  }

  /// What is resampled together, and left out together.
  private func group(_ label: Label) -> UInt64 { UInt64(bitPattern: label.prompt.id) }

  private func tokens(of completion: Completion) -> [TokenID] {
    completion.tokenIDs.isEmpty
      ? model.chatTemplate.encodeCompletion(completion.text, tokenizer: model.tokenizer)
      : completion.tokenIDs
  }

  private func ended(_ tokens: [TokenID]) -> [TokenID] {
    tokens.last == model.tokenizer.endToken ? tokens : tokens + [model.tokenizer.endToken]
  }

  func prompt(_ prompt: Prompt) -> [TokenID] {
    model.chatTemplate.encodePrompt(prompt.messages, tokenizer: model.tokenizer)
  }
}
