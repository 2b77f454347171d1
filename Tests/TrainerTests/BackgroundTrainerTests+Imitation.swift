import Feedback
import Foundation
import Storage
import Testing

@testable import Trainer

extension BackgroundTrainerTests {
  /// A recipe that reads prompts with two demonstrations.
  private static let imitatingTwo: Recipe = {
    var recipe = withoutPractice
    recipe.fewestImitated = 2
    return recipe
  }()

  /// Labels so many slates, with a demonstration each.
  @discardableResult private func demonstrate(_ count: Int) throws -> [Int64] {
    try (0..<count).map { index in
      try work(recipe: Self.imitatingTwo)
      return try #require(try label(demonstration: "It is \(index).").labels.last)
    }
  }

  @Test func promptsAreReadWithWhatDemonstrationsTeach() throws {
    let one = try demonstrate(1)
    try work(recipe: Self.imitatingTwo)
    #expect(try trainer(recipe: Self.imitatingTwo).imitation == nil)

    let demonstrations = one + (try demonstrate(1))
    let trainer = try trainer(recipe: Self.imitatingTwo)
    try trainer.run(.untilIdle)
    let imitation = try #require(trainer.imitation)
    #expect(imitation.learnt == Set(demonstrations))
    let reward = try #require(try workspace.currentVersion(.reward))
    #expect(reward.metrics["imitated"] == 2)
    let (label, ranked) = try #require(trainer.pool.rankings.min { $0.key < $1.key })
    let rows = try #require(ranked.features)
    // What is usual of prompts is read in the same way.
    #expect(!trainer.promptFeatures.isEmpty)
    for (id, features) in trainer.promptFeatures {
      let tokens = trainer.encoding.prompt(try #require(try workspace.prompt(id)))
      #expect(try features == trainer.reader.read(tokens))
    }

    // The next process reads as this one did.
    let next = try self.trainer(recipe: Self.imitatingTwo)
    #expect(next.imitation?.learnt == imitation.learnt)
    let row = try next.reader.reread(rows, prompt: ranked.example.prompt)[0]
    #expect(row == rows[0])
    let probe = try #require(next.reward?.probe)
    #expect(probe.scores(of: row) == trainer.reward?.probe?.scores(of: row))
    #expect(try next.observe().unimitated == 0)
    #expect(label == trainer.pool.rankings.keys.min())
  }

  @Test func noProbeReadsWhatItWasNotFittedTo() throws {
    try demonstrate(2)
    let trainer = try trainer(recipe: Self.imitatingTwo)
    try trainer.run(.untilIdle)
    #expect(trainer.reward?.probe != nil)
    try trainer.read(with: nil)
    #expect(trainer.imitation == nil)
    #expect(trainer.reward?.probe == nil)
  }

  @Test func aDemonstrationThatIsTakenBackIsNotReadWith() throws {
    let demonstrations = try demonstrate(3)
    let trainer = try trainer(recipe: Self.imitatingTwo)
    try trainer.run(.untilIdle)
    #expect(trainer.imitation?.learnt == Set(demonstrations))
    let before = try #require(try workspace.currentVersion(.reward)).id

    #expect(try workspace.learntLabels(version: before).contains(demonstrations[0]))
    try workspace.retract(label: demonstrations[0], by: "ada")
    #expect(try trainer.observe().unimitated == 2)
    // What rests on it, and on the ranking submitted with it, says so.
    #expect(try workspace.retractedCounts()[before] == 2)
    try trainer.run(.untilIdle)
    #expect(trainer.imitation?.learnt == Set(demonstrations[1...]))
    let version = try #require(try workspace.currentVersion(.reward))
    #expect(version.id > before)
    let learnt = try workspace.learntLabels(version: version.id)
    #expect(!learnt.contains(demonstrations[0]))
    #expect(learnt == (try workspace.labels(kinds: [.demonstration, .ranking]).map(\.id)))

    // One is too few.
    try workspace.retract(label: demonstrations[1], by: "ada")
    try trainer.run(.untilIdle)
    #expect(trainer.imitation == nil)
    #expect(try trainer.observe().unimitated == 0)
    try workspace.retract(label: demonstrations[2], by: "ada")
    try trainer.run(.untilIdle)
    #expect(try trainer.observe().unimitated == 0)
    #expect(try self.trainer(recipe: Self.imitatingTwo).imitation == nil)
  }
}
