import Feedback
import Foundation
import LanguageModel
import Logging
import Storage
import TestSupport
import Testing

@testable import Trainer

/// The whole loop on a tiny random model: labels in, versions out.
@Suite(.serialized) struct BackgroundTrainerTests {
  let folder: TemporaryFolder
  let model: LanguageModel
  let fresh: FreshWorkspace
  var workspace: Workspace { fresh.workspace }

  init() throws {
    folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("tiny.gguf").path
    try TinyModel.write(to: path)
    model = try LanguageModel.load(path: path)
    let prompts = (0..<20).map { index in
      NewPrompt(key: "p\(index)", useCase: .openQA, text: "Say the number \(index).")
    }
    fresh = try FreshWorkspace(
      prompts: prompts, baseModel: BaseModel(sha256: try model.sha256(), name: "tiny"))
    try workspace.setHeldOutShare(0)
    var settings = TrainerSettings()
    settings.maxTokens = 12
    settings.seed = 7
    try settings.write(to: workspace)
  }

  /// A recipe of updates by labels alone.
  static let withoutPractice: Recipe = {
    var recipe = Recipe()
    recipe.practicePerLabel = 0
    recipe.refitPrompts = 0
    return recipe
  }()

  func trainer(recipe: Recipe = withoutPractice) throws -> BackgroundTrainer {
    try BackgroundTrainer(
      workspace: workspace, model: model, program: "test",
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, recipe: recipe)
  }

  func work(recipe: Recipe = withoutPractice) throws {
    let trainer = try trainer(recipe: recipe)
    try trainer.run(.untilIdle)
  }

  /// Optimizer steps behind the policy in use.
  func policySteps() throws -> Int {
    let version = try #require(try workspace.currentVersion(.policy))
    return try #require(
      OptimizerFile.read(
        workspace.directory.appendingPathComponent(version.path)
          .appendingPathComponent(OptimizerFile.name))
    ).step
  }

  /// Ranks the next slate by length, the shorter the better, or ties all of it.
  @discardableResult
  func label(
    demonstration: String? = nil, tied: Bool = false, duration: Double = 0
  ) throws -> (slate: Slate, labels: [Int64]) {
    guard case .ready(let slate) = try workspace.claimNextSlate(labeler: "ada") else {
      throw TrainerError("no slate is ready")
    }
    let order = slate.completions.sorted { $0.text.count < $1.text.count }.map(\.id)
    var contents = [
      LabelContent.ranking(try Ranking(tiers: tied ? [order] : order.map { [$0] }, of: order))
    ]
    if let demonstration { contents.append(.demonstration(Demonstration(text: demonstration))) }
    let labels = try workspace.submit(
      Submission(
        slate: slate.id, prompt: slate.prompt.id, labeler: "ada", contents: contents,
        duration: duration))
    return (slate, labels)
  }

  @Test func slatesOfASlowLabelerAreChosenFromMoreDraws() throws {
    // One more is the base's.
    for (duration, draws) in [(0.0, 10), (600, 20)] {
      let trainer = try trainer()
      for _ in 0..<4 {
        try trainer.run(.untilIdle)
        try label(duration: duration)
      }
      try trainer.run(.untilIdle)
      #expect(trainer.standing.rollouts.last?.completions.count == draws + 1)
    }
  }

  @Test func demonstrationsScoreZeroOnAverage() throws {
    for text in ["A first answer.", "Another one, which is longer than the first."] {
      try work()
      try label(demonstration: text)
    }
    let trainer = try trainer()
    try trainer.run(.untilIdle)
    let probe = try #require(trainer.reward?.probe)
    let scores = trainer.pool.demonstrations.values.compactMap { demonstrated in
      demonstrated.features.map { probe.score(of: $0[0]) }
    }
    #expect(scores.count == 2 && scores[0] != scores[1])
    #expect(abs(scores.reduce(0, +)) < 1e-3)
    #expect(probe.center != 0)
    // The next process has it from the version's file.
    #expect(try self.trainer().reward?.probe?.center == probe.center)
  }

  @Test func keepsSlatesReadyThatCanBeDrawnAgain() throws {
    try work()
    #expect(try workspace.readySlates().count == Agenda.slatesPerLabeler)
    guard case .ready(let slate) = try workspace.claimNextSlate(labeler: "ada") else {
      Issue.record("no slate is ready")
      return
    }
    #expect(slate.completions.count == 4)
    #expect(slate.completions.contains { $0.origin == .reference })
    #expect(slate.completions.contains { $0.origin == .unselected })
    for completion in slate.completions {
      let again = try Generator(model: model).generate(
        prompt: LabelEncoding(model: model).prompt(slate.prompt), adapter: nil,
        seeds: [completion.seed], sampling: completion.sampling)
      #expect(again[0].tokenIDs == completion.tokenIDs)
    }
  }

  @Test func aLabelBecomesARewardModelAndAPolicy() throws {
    try work()
    let (_, labels) = try label(demonstration: "Seven.")
    try work()
    for kind in VersionKind.allCases {
      let version = try #require(try workspace.currentVersion(kind))
      #expect(try workspace.pendingLabels(kind).isEmpty)
      #expect(try workspace.learntLabels(version: version.id) == labels)
      let adapter = workspace.directory.appendingPathComponent(version.path)
        .appendingPathComponent("adapter_model.safetensors")
      #expect(FileManager.default.fileExists(atPath: adapter.path))
    }
  }

  @Test func laterSlatesComeFromTheNewPolicyAndAreScoredBeforeTheLabel() throws {
    try work()
    try label()
    try work()
    let policy = try #require(try workspace.currentVersion(.policy)).id
    let reward = try #require(try workspace.currentVersion(.reward)).id
    // What was queued before the update has been refreshed in idle time.
    for ready in try workspace.readySlates() {
      #expect(ready.newestPolicy == policy)
      #expect(ready.rewardVersion == reward)
      let predictions = try workspace.predictions(slate: ready.id)
      #expect(predictions.count == 4)
      #expect(predictions.allSatisfy { $0.scores.count == Recipe().heads })
    }
    let (slate, labels) = try label()
    #expect(try #require(try workspace.outcome(label: labels[0])).predicted != nil)
    #expect(slate.completions.contains { $0.origin == .selected })
    #expect(slate.completions.filter { $0.origin == .unselected }.count == 1)
  }

  @Test func heldOutLabelsAreMetButNotLearnt() throws {
    try workspace.setHeldOutShare(1)
    try work()
    try label(demonstration: "Seven.")
    try work()
    #expect(try workspace.pendingLabels(.policy).isEmpty)
    #expect(try workspace.pendingLabels(.reward).isEmpty)
    #expect(try workspace.currentVersion(.policy) == nil)
    #expect(try workspace.currentVersion(.reward) == nil)
  }

  @Test func aLabelTakenBackIsNotReplayed() throws {
    try work()
    let (_, labels) = try label()
    try work()
    let trainer = try trainer()
    try trainer.run(.untilIdle)
    try workspace.retract(label: labels[0], by: "ada")
    // The slate is the labeler's again; they rank it anew.
    try label()
    try trainer.run(.untilIdle)
    #expect(trainer.pool.rankings[labels[0]] == nil)
    #expect(trainer.pool.rankings.count == 1)
  }

  @Test func tiesAloneMakeNoVersionButAreReadByTheNext() throws {
    try work()
    let trainer = try trainer()
    let (_, ties) = try label(tied: true)
    try trainer.run(.untilIdle)
    for kind in VersionKind.allCases {
      #expect(try workspace.pendingLabels(kind).isEmpty)
      #expect(try workspace.currentVersion(kind) == nil)
    }
    let again = try self.trainer()
    let (_, labels) = try label()
    try again.run(.untilIdle)
    let version = try #require(try workspace.currentVersion(.reward))
    #expect(try workspace.learntLabels(version: version.id) == labels)
    #expect(again.pool.ties[ties[0]]?.features?.count == 4)
    #expect(again.pool.rankings.keys.sorted() == labels)
    again.pool.remove(ties)
    #expect(again.pool.ties.isEmpty)
  }

  @Test func aLabelThatTeachesNothingStillLeavesTimeToPractise() throws {
    try work()
    try label()
    try work()
    let steps = try policySteps()
    var recipe = Recipe()
    recipe.practicePerLabel = 3
    let trainer = try trainer(recipe: recipe)
    try label(tied: true)
    try trainer.run(.untilIdle)
    #expect(try policySteps() == steps + 3)
  }

  @Test func aLabelerWhoWaitsDuringAnUpdateGetsASlate() throws {
    try work()
    try label()
    try work()
    try label()
    // The rest of the queue is gone, and the labeler looks at an empty screen.
    for ready in try workspace.readySlates() { try workspace.discardSlate(ready.id) }
    try workspace.heartbeat(session: "s", labeler: "ada", pid: 1, isWaiting: true)
    let trainer = try trainer()
    try trainer.learn(.reward)
    for ready in try workspace.readySlates() { try workspace.discardSlate(ready.id) }
    let before = try #require(try workspace.currentVersion(.policy)).id
    try trainer.learn(.policy)
    #expect(try workspace.readySlates().count == 1)
    #expect(try #require(try workspace.currentVersion(.policy)).id > before)
    // What was drawn meanwhile is there for the next update.
    #expect(trainer.standing.rollouts.last?.uses == 0)
    #expect(Set(trainer.standing.rollouts.map(\.id)).count == trainer.standing.rollouts.count)
  }

  @Test func aVersionChosenDuringAnUpdateStaysInUse() throws {
    try work()
    try label()
    try work()
    let first = try #require(try workspace.currentVersion(.policy)).id
    try label()
    let trainer = try trainer()
    try trainer.learn(.reward)
    // Someone goes back to the base while the policy learns.
    try workspace.setCurrent(.policy, version: 0)
    #expect(throws: CancellationError.self) { try trainer.learn(.policy) }
    #expect(try workspace.currentVersion(.policy) == nil)
    #expect(try workspace.versions(.policy).map(\.id) == [first])
    #expect(try !workspace.pendingLabels(.policy).isEmpty)
    #expect(try workspace.unpublishedFolders().isEmpty)
    // The next round starts from the choice.
    try trainer.run(.untilIdle)
    let next = try #require(try workspace.versions(.policy).last)
    #expect(next.id > first)
    #expect(next.parent == nil)
  }

  @Test func aSlateIsNotDrawnWhileALabelWaitsUnlessALabelerDoes() throws {
    try work()
    let trainer = try trainer()
    #expect(try !trainer.isLearningMoreUrgent())
    try label()
    // One of two slates is left, which is enough for one labeler.
    #expect(try trainer.isLearningMoreUrgent())
    _ = try workspace.claimNextSlate(labeler: "ada")
    #expect(try !trainer.isLearningMoreUrgent())
  }

  @Test func aSecondTrainerIsRefused() throws {
    let first = try trainer()
    #expect(throws: StorageError.self) { try trainer() }
    withExtendedLifetime(first) {}
  }

  @Test func goesOnWithTheOptimizerOfTheNewestVersion() throws {
    try work()
    try label()
    try work()
    let version = try #require(try workspace.currentVersion(.policy))
    #expect(try policySteps() == Recipe().policySteps)
    try label()
    try work()
    let next = try #require(try workspace.currentVersion(.policy))
    #expect(next.id != version.id)
    #expect(try policySteps() == 2 * Recipe().policySteps)
    // The states of the last three generations are kept.
    func keepsState(_ version: Version) -> Bool {
      OptimizerFile.read(
        workspace.directory.appendingPathComponent(version.path)
          .appendingPathComponent(OptimizerFile.name)) != nil
    }
    #expect(keepsState(version))
    for _ in 0..<2 {
      try label()
      try work()
    }
    #expect(!keepsState(version))
    #expect(keepsState(next))
  }

  @Test func whatLearntALabelThatIsTakenBackIsLeftAtTheNextUpdate() throws {
    try work()
    try label()
    try work()
    let before = try #require(try workspace.currentVersion(.policy))
    let (_, labels) = try label()
    try work()
    let tainted = try #require(try workspace.currentVersion(.policy))
    #expect(tainted.parent == before.id)
    try workspace.retract(label: labels[0], by: "ada")
    let (_, again) = try label()
    try work()
    let next = try #require(try workspace.currentVersion(.policy))
    #expect(next.id != tainted.id)
    #expect(next.parent == before.id)
    #expect(try workspace.learntLabels(version: next.id).contains(again[0]))
    #expect(try !workspace.learntLabels(version: next.id).contains(labels[0]))
    #expect(try workspace.retractedCounts()[tainted.id] == 1)
  }

  @Test func aPromptThatIsTooLongIsSetAsideAndTheRestGoesOn() throws {
    let long = String(repeating: "long ", count: 4000)
    for prompt in try workspace.prompts() { try workspace.retirePrompt(key: prompt.prompt.key) }
    try workspace.addPrompts([
      NewPrompt(key: "long", useCase: .openQA, text: long),
      NewPrompt(key: "short", useCase: .chat, text: "Hello."),
    ])
    try work()
    #expect(try workspace.readySlates().count == 1)
    let errors = try workspace.recentJobs().compactMap(\.error)
    #expect(errors.count == FailureCount.limit)
    #expect(errors.allSatisfy { $0.contains("long") && $0.contains("retire") })
  }
}
