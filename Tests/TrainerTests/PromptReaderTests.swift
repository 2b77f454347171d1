import Feedback
import Foundation
import LanguageModel
import Learning
import TestSupport
import Testing

@testable import Trainer

@Suite struct PromptReaderTests {
  let folder: TemporaryFolder
  let model: LanguageModel
  let pass: TrainingPass
  let reader: PromptReader
  let layout: RewardProbe.Layout
  let prompt: [TokenID] = [3, 7, 5]

  init() throws {
    folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("tiny.gguf").path
    try TinyModel.write(to: path)
    model = try LanguageModel.load(path: path)
    pass = TrainingPass(model: model)
    reader = PromptReader(model: model, pass: pass)
    layout = ProbeFeatures.layout(of: model.configuration)
  }

  private func output(adapter: LoRAAdapter? = nil) throws -> TrainingPass.Output {
    try pass.forward(
      [PackedSequence(prompt: prompt, completions: [[4, 6], [9]])], adapter: adapter,
      arithmetic: .codes, needs: [.features], keepForBackward: false)
  }

  private func adapter(seed: UInt64) -> LoRAAdapter {
    let adapter = LoRAAdapter(configuration: model.configuration, rank: 2, alpha: 4, seed: seed)
    var random = SplitMix64(seed: seed)
    for index in adapter.parameters.indices {
      adapter.parameters[index] = Float(random.uniform() - 0.5)
    }
    return adapter
  }

  private func isClose(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 }
  }

  @Test func withoutAnImitationPromptsAreWhatTheBaseSays() throws {
    let output = try output()
    let rows = try reader.rows(of: output, texts: ["a", "b"], prompt: prompt)
    #expect(rows == ProbeFeatures.rows(of: output, texts: ["a", "b"]))
    #expect(isClose(try reader.read(prompt), rows[1][layout.promptPart]))
    // Of a prompt that no row was read of.
    #expect(try PromptReader(model: model, pass: pass).read(prompt).contains { $0 != 0 })
  }

  @Test func withOneTheyAreWhatItSays() throws {
    let imitation = adapter(seed: 1)
    let base = ProbeFeatures.rows(of: try output(), texts: ["a", "b"])
    let changed = ProbeFeatures.rows(of: try output(adapter: imitation), texts: ["a", "b"])
    reader.use(imitation)
    let rows = try reader.rows(of: try output(), texts: ["a", "b"], prompt: prompt)
    let part = layout.promptPart
    for index in rows.indices {
      #expect(!isClose(changed[index][part], base[index][part]))
      #expect(isClose(rows[index][part], changed[index][part]))
      #expect(rows[index][..<part.lowerBound] == base[index][..<part.lowerBound])
      #expect(rows[index][part.upperBound...] == base[index][part.upperBound...])
    }
  }

  @Test func whatWasReadBeforeIsReadAnew() throws {
    let base = try reader.rows(of: try output(), texts: ["a", "b"], prompt: prompt)
    reader.use(adapter(seed: 1))
    let first = try reader.rows(of: try output(), texts: ["a", "b"], prompt: prompt)
    #expect(try reader.reread(base, prompt: prompt) == first)
    reader.use(adapter(seed: 2))
    let second = try reader.reread(first, prompt: prompt)
    #expect(!isClose(second[0][layout.promptPart], first[0][layout.promptPart]))
    reader.use(nil)
    #expect(try reader.reread(second, prompt: prompt) == base)
  }

  @Test func aDemonstrationIsLearntTogetherWithEarlierOnes() throws {
    var recipe = Recipe()
    recipe.rank = 2
    recipe.alpha = 4
    var pool = ExamplePool()
    for label in Int64(1)...3 {
      let prompt = [3, TokenID(label)]
      let completion = [TokenID(label) + 10, 4]
      pool.add(
        ExamplePool.Demonstrated(
          label: label, example: SupervisedExample(prompt: prompt, completion: completion),
          compared: RankedExample(prompt: prompt, completions: [completion], pairs: [])))
    }
    let imitator = Imitator(
      recipe: recipe, configuration: model.configuration, pass: pass, start: nil)
    var random = SplitMix64(seed: 1)
    var losses: [Double] = []
    for round in 0..<8 {
      for label in Int64(1)...2 {
        try imitator.learn(label, from: pool, random: &random) { share, loss in
          if share == 1 { losses.append(loss) }
        }
      }
      #expect(round > 0 || imitator.learnt == [1, 2])
    }
    #expect(losses.count == 16)
    #expect(losses.last! < losses[1] - 0.1)
    // What is read with does not move on with what is in training.
    let imitation = imitator.imitation
    let before = Array(imitation.adapter.parameters)
    #expect(before.allSatisfy { $0.isFinite })
    try imitator.learn(3, from: pool, random: &random) { _, _ in }
    #expect(Array(imitation.adapter.parameters) == before)
    #expect(imitation.learnt == [1, 2])
    #expect(imitator.learnt == [1, 2, 3])
    // Gone on with, it is where it was.
    let next = Imitator(
      recipe: recipe, configuration: model.configuration, pass: pass, start: imitation)
    let again = next.imitation
    #expect(again.learnt == [1, 2])
    withExtendedLifetime(again) { #expect(Array(again.adapter.parameters) == before) }
  }

  @Test func promptsAreReadAnewByAQuarterMore() {
    let recipe = Recipe()
    var counts: [Int] = []
    while counts.count < 8 { counts.append(recipe.nextImitation(after: counts.last ?? 0)) }
    #expect(counts == [4, 5, 6, 7, 8, 10, 12, 15])
  }
}
