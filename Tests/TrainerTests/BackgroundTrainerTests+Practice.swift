import Feedback
import LanguageModel
import Storage
import Testing

@testable import Trainer

/// What the policy learns in idle time.
extension BackgroundTrainerTests {
  @Test func thePolicyPractisesWhatItIsOwed() throws {
    var recipe = Recipe()
    recipe.practicePerLabel = 5
    try work(recipe: recipe)
    let (_, labels) = try label()
    try work(recipe: recipe)
    // One version by the label, one by four steps of practice and one by the fifth.
    #expect(try workspace.versions(.policy).count == 3)
    #expect(try policySteps() == Recipe().policySteps + 5)
    let version = try #require(try workspace.currentVersion(.policy))
    #expect(try workspace.learntLabels(version: version.id) == labels)
    #expect(try workspace.readySlates().allSatisfy { $0.newestPolicy == version.id })
    #expect(try workspace.setting(Workspace.practiceKey) == nil)
    // Nothing is left of it for later.
    try work(recipe: recipe)
    #expect(try workspace.currentVersion(.policy)?.id == version.id)
  }

  @Test func aLabelEndsPracticeAtOnce() throws {
    var recipe = Self.withoutPractice
    try work()
    try label()
    try work()
    let before = try #require(try workspace.currentVersion(.policy))
    recipe.practicePerLabel = 1
    let trainer = try trainer(recipe: recipe)
    trainer.practiceOwed = 4
    let (_, labels) = try label()
    try trainer.practise()
    // The step is left, and still owed.
    #expect(try workspace.currentVersion(.policy)?.id == before.id)
    #expect(trainer.practiceOwed == 4)
    #expect(try workspace.setting(Workspace.practiceKey) == "4")
    try trainer.learn(.reward)
    try trainer.learn(.policy)
    #expect(try policySteps() == 2 * Recipe().policySteps)
    let next = try #require(try workspace.currentVersion(.policy))
    #expect(try workspace.learntLabels(version: next.id).contains(labels[0]))
    #expect(trainer.practiceOwed == 5)
  }

  @Test func theMoreIsPractisedWithoutALabelTheSmallerTheSteps() throws {
    var recipe = Recipe()
    recipe.practiceHalved = 20
    func share(_ stepsBefore: Int, step: Int) -> Double {
      PolicyUpdate.Practice(
        draw: { _ in nil }, goesOn: { true }, stepsBefore: stepsBefore
      ).share(step: step, recipe: recipe)
    }
    #expect(share(0, step: 0) == 1)
    #expect(share(16, step: 4) == 0.5)
    #expect(share(40, step: 0) == 1 / 3.0)

    recipe.practicePerLabel = 5
    try work(recipe: recipe)
    try label()
    let trainer = try trainer(recipe: recipe)
    try trainer.run(.untilIdle)
    #expect(trainer.practisedSinceLabel == 5)
    try label()
    try trainer.learn(.policy)
    #expect(trainer.practisedSinceLabel == 0)
  }

  @Test func practiceAnswersPromptsWithDrawsOfTheBaseBesides() throws {
    var recipe = Recipe()
    recipe.practicePerLabel = 3
    try work(recipe: recipe)
    try label()
    let trainer = try trainer(recipe: recipe)
    try trainer.run(.untilIdle)
    let practised = trainer.standing.rollouts.filter { $0.id < 0 }
    #expect(practised.count == 3)
    #expect(practised.map(\.promptID) == trainer.practised)
    #expect(Set(trainer.practised).count == 3)
    #expect(practised.allSatisfy { $0.completions.count == recipe.draws })
    for rollout in practised {
      // The policy's own are as likely as it found them when it drew them, the others as the base did.
      #expect(rollout.borrowed == recipe.borrowedDraws)
      let own = rollout.own
      #expect(zip(rollout.logprobs[own], rollout.reference[own]).allSatisfy { $0 != $1 })
      #expect(
        zip(rollout.logprobs[own.upperBound...], rollout.reference[own.upperBound...]).allSatisfy {
          abs($0 - $1) < 0.05 * abs($1) + 0.5
        })
    }
  }

  @Test func whatIsChosenOrPractisedLeavesTheFairSampleAsItIs() throws {
    try workspace.addPrompts(
      (20..<300).map {
        NewPrompt(key: "p\($0)", useCase: .openQA, text: "Say the number \($0).")
      })
    var recipe = Recipe()
    recipe.refitPrompts = 0
    let trainer = try trainer(recipe: recipe)
    let fair = try trainer.prospects(20, counts: [:], stream: .fair).map(\.id)
    var shown: [Int64] = []
    var chosen: [Int64] = []
    for _ in 0..<8 {
      try trainer.run(.untilIdle)
      let slate = try label().slate
      if slate.activelyChosen {
        chosen.append(slate.prompt.id)
      } else {
        shown.append(slate.prompt.id)
      }
    }
    // Of those that are drawn at a time some come later.
    #expect(!shown.isEmpty && Set(shown).isSubset(of: fair.prefix(shown.count + 4)))
    #expect(!chosen.isEmpty && Set(chosen).isDisjoint(with: fair))
    let practised = Set(trainer.practised).subtracting(shown)
    #expect(!practised.isEmpty && practised.isDisjoint(with: fair))
  }

  @Test func rankedPromptsArePractisedToo() throws {
    try work()
    let ranked = try (0..<2).map { _ in try label().slate.prompt.id }
    let trainer = try trainer()
    try trainer.run(.untilIdle)
    for _ in 0..<12 {
      // Whatever the gate says of them.
      trainer.practiceOwed = 4
      try trainer.practise()
    }
    let practised = trainer.standing.rollouts.filter { $0.id < 0 }.map(\.promptID)
    #expect(practised.count > 40)
    #expect(Set(practised).isSuperset(of: ranked))
    // None comes again before twelve others.
    for (place, prompt) in practised.enumerated() {
      #expect(!practised[max(0, place - 12)..<place].contains(prompt))
    }
  }

  @Test func aPolicyWithALabelThatWasTakenBackDoesNotPractise() throws {
    try work()
    try label()
    try work()
    let before = try #require(try workspace.currentVersion(.policy))
    let (_, labels) = try label()
    try work()
    let trainer = try trainer()
    trainer.practiceOwed = 4
    try workspace.retract(label: labels[0], by: "ada")
    try trainer.practise()
    #expect(try workspace.currentVersion(.policy)?.id == before.id)
    #expect(trainer.practiceOwed == 0)
  }

  @Test func noPracticeIsLeftWhenAnotherVersionIsChosen() throws {
    try work()
    try label()
    try work()
    let trainer = try trainer()
    trainer.practiceOwed = 4
    try workspace.setCurrent(.policy, version: 0)
    try trainer.run(.untilIdle)
    #expect(try workspace.currentVersion(.policy) == nil)
    #expect(trainer.practiceOwed == 0)
  }
}
