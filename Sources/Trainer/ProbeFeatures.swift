import LanguageModel
import Learning

/// What the reward probe reads of completions: what the frozen base says of them and of the prompt, and
/// the form of their text.
enum ProbeFeatures {
  private typealias FormPart = RewardProbe.Layout.FormPart

  static func layout(of configuration: ModelConfiguration) -> RewardProbe.Layout {
    let blocks = CompletionFeatures.blocks(of: configuration)
    let width = configuration.hiddenSize
    let ofPrompt = blocks.count { $0.pooling == .prompt }
    return RewardProbe.Layout(
      blocks: blocks.count - ofPrompt, width: width, prompt: ofPrompt * width,
      form: TextForm.count,
      formParts: [
        FormPart(Array(0..<TextForm.count), isContrasted: true),
        FormPart(TextForm.layout, isContrasted: true),
        FormPart(Array(0..<TextForm.count), dependsOnPrompt: false),
      ],
      failings: TextForm.failings)
  }

  /// The parts of a row that a reader sees at once: the words, and the form.
  static func shownParts(of configuration: ModelConfiguration) -> [Range<Int>] {
    let layout = layout(of: configuration)
    return [0..<layout.width, (layout.count - layout.form)..<layout.count]
  }

  /// One row per completion of a pass that needed features.
  static func rows(of output: TrainingPass.Output, texts: [String]) -> [[Float]] {
    zip(output.features, texts).map { Array($0) + TextForm.values(of: $1) }
  }
}
