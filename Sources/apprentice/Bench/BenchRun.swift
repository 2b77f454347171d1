import Foundation
import LanguageModel
import Trainer

/// One run of `bench` on a loaded model: each row adds its results.
///
/// Everything runs on the thread that it is called from, the one that computes.
final class BenchRun {
  let model: LanguageModel
  let work: ModelWork
  let texts: BenchTexts
  /// Ranks, learning rates and heads are those of the background trainer.
  let recipe = Recipe()
  private let repeats: Int?
  private let progress: BenchProgress
  var results: [BenchResult] = []

  /// - Parameter repeats: of every measurement; nil as often as is worth its time.
  init(model: LanguageModel, repeats: Int?, progress: BenchProgress) {
    self.model = model
    work = ModelWork(model.configuration)
    texts = BenchTexts(model: model)
    self.repeats = repeats
    self.progress = progress
  }

  /// Measures the rows that are wanted; the one that needs most memory is the last.
  func measure(_ rows: Set<BenchRow>) throws {
    if rows.contains(.candidates) { try measureCandidates() }
    if rows.contains(.score) { try measureScoring() }
    if rows.contains(.reward) { try measureReward() }
    if rows.contains(.slate) { try measureSlates() }
    if rows.contains(.sft) { try measureFineTuning() }
  }

  /// Repeats a measurement, with its name shown meanwhile.
  func collect<Sample>(
    _ name: String, atLeast: Int = 3, seconds: Double = 6, _ body: (Int) throws -> Sample
  ) rethrows -> [Sample] {
    try Repeats(repeats, atLeast: atLeast, seconds: seconds).collect { number in
      progress.say("\(name), \(number == 0 ? "warming up" : "repeat \(number)")")
      return try body(number)
    }
  }

  /// The upper third of the layers, which the replayed rows adapt.
  var upperLayers: Range<Int> {
    let count = model.configuration.layerCount
    return (count * 2 / 3)..<count
  }

  /// Whether a sequence fits into the model's context.
  func fits(_ tokens: Int) -> Bool { tokens <= model.configuration.contextLength }
}
