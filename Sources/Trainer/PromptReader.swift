import LanguageModel
import Learning

/// Reads what is asked for from the last token of a prompt, where the form of the answer shows.
///
/// Without an imitation that is what the base says there, and with one what the imitation says: it has learnt to tell
/// prompts apart whose demonstrations differ.
///
/// Used from one thread, the one that computes with the model.
final class PromptReader {
  private let pass: TrainingPass
  private let end: TokenID
  private let layout: RewardProbe.Layout
  private var imitation: LoRAAdapter?
  /// What the base and the imitation say of the prompts read so far.
  private var ofBase: [[TokenID]: [Float]] = [:]
  private var ofImitation: [[TokenID]: [Float]] = [:]

  init(model: LanguageModel, pass: TrainingPass) {
    self.pass = pass
    end = model.tokenizer.endToken
    layout = ProbeFeatures.layout(of: model.configuration)
  }

  /// Reads with another imitation from now on, nil for none; what was read before is to be read anew.
  func use(_ imitation: LoRAAdapter?) {
    self.imitation = imitation
    ofImitation = [:]
  }

  /// What is read of a prompt: as many numbers as the prompt's part of the layout has.
  func read(_ prompt: [TokenID]) throws -> [Float] {
    guard let imitation else {
      let base = try ofBase[prompt] ?? features(of: prompt, adapter: nil)
      ofBase[prompt] = base
      return base
    }
    let imitated = try ofImitation[prompt] ?? features(of: prompt, adapter: imitation)
    ofImitation[prompt] = imitated
    return imitated
  }

  /// One row per completion of a pass over a prompt that needed features.
  func rows(of output: TrainingPass.Output, texts: [String], prompt: [TokenID]) throws -> [[Float]]
  {
    let rows = ProbeFeatures.rows(of: output, texts: texts)
    if let first = rows.first { ofBase[prompt] = Array(first[layout.promptPart]) }
    return try reread(rows, prompt: prompt)
  }

  /// Rows of a prompt's completions, with what is read of the prompt now.
  func reread(_ rows: [[Float]], prompt: [TokenID]) throws -> [[Float]] {
    let asked = try read(prompt)
    return rows.map { row in
      var row = row
      row.replaceSubrange(layout.promptPart, with: asked)
      return row
    }
  }

  private func features(of prompt: [TokenID], adapter: LoRAAdapter?) throws -> [Float] {
    let output = try pass.forward(
      [PackedSequence(prompt: prompt, completions: [[end]])], adapter: adapter,
      arithmetic: .codes, needs: [.features], keepForBackward: false)
    return Array(output.features[0].suffix(layout.prompt))
  }
}
