import Feedback
import LanguageModel
import Learning
import Storage

/// Turns labels into the tokens that training reads.
struct LabelEncoding {
  let model: LanguageModel

  /// A demonstration, encoded as the program renders it, the end token included.
  func demonstration(_ demonstration: Demonstration, of label: Label) -> ExamplePool.Demonstrated {
    ExamplePool.Demonstrated(
      label: label.id,
      example: SupervisedExample(
        prompt: prompt(label.prompt),
        completion: model.chatTemplate.encodeCompletion(
          demonstration.text, tokenizer: model.tokenizer)))
  }

  /// A ranking; the completions' stored tokens are what is trained on.
  ///
  /// - Parameter completions: those of the label's slate, in any order.
  func ranking(
    _ ranking: Ranking, of label: Label, completions: [Completion]
  ) -> ExamplePool.Ranked? {
    let tiers = ranking.tierNumbers
    let ranked = completions.filter { tiers[$0.id] != nil }
    let pairs = Pair.all(tiers: ranked.map { tiers[$0.id]! })
    guard !pairs.isEmpty else { return nil }
    let prompt = prompt(label.prompt)
    let end = model.tokenizer.endToken
    let tokens = ranked.map { completion in
      completion.tokenIDs.isEmpty
        ? model.chatTemplate.encodeCompletion(completion.text, tokenizer: model.tokenizer)
        : completion.tokenIDs
    }
    let group = UInt64(bitPattern: label.prompt.id)
    return ExamplePool.Ranked(
      label: label.id,
      example: RankedExample(prompt: prompt, completions: tokens, pairs: pairs, group: group),
      ended: RankedExample(
        prompt: prompt, completions: tokens.map { $0.last == end ? $0 : $0 + [end] },
        pairs: pairs, group: group),
      versions: ranked.map(\.policyVersion))
  }

  func prompt(_ prompt: Prompt) -> [TokenID] {
    model.chatTemplate.encodePrompt(prompt.messages, tokenizer: model.tokenizer)
  }
}
