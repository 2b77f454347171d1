import LanguageModel
import Trainer

extension BenchRun {
  /// Slates as the background trainer makes them: drawn by the policy and, once, by the base, and all
  /// scored. How long they take depends on what the model writes, which the seeds decide.
  func measureSlates() throws {
    let promptTokens = 60
    let rehearsal = SlateRehearsal(
      model: model, policy: try trainedAdapter(), reward: try freshRewardModel(layers: nil))
    guard fits(promptTokens + rehearsal.longestCompletion + 1) else { return }
    let times = try collect("slate") { number in
      let prompt = texts.prompt(tokens: promptTokens, number: number)
      return try seconds { _ = try rehearsal.draw(prompt: prompt, seed: UInt64(number)) }
    }
    var result = BenchResult(.slate, seconds: Samples(times))
    result.k = rehearsal.candidates
    result.draws = rehearsal.draws
    result.promptTokens = promptTokens
    results.append(result)
  }
}
