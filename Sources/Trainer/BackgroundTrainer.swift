import Exchange
import Feedback
import Foundation
import LanguageModel
import Learning
import Logging
import Storage

/// The background process: it keeps slates ready for the labelers and learns from their labels.
///
/// It owns the model, and is used from one thread. It and the
/// workstations meet only in the workspace; it may be killed at any instant and starts again where
/// the workspace stands.
public final class BackgroundTrainer {
  /// When a trainer ends by itself.
  public enum Lifetime: Sendable {
    /// Only when told to.
    case untilStopped
    /// When there is nothing left to do.
    case untilIdle
    /// When no workstation has been open for a minute and no label waits to be learnt.
    case whileLabeling
  }

  let workspace: Workspace
  let model: LanguageModel
  let recipe: Recipe
  let program: String
  let log: Logger
  let files: VersionFiles
  let encoding: LabelEncoding
  let pass: TrainingPass
  let reader: PromptReader
  let drawing: Drawing
  private let lock: TrainerLock
  /// Asks the trainer to end after the step it is at; may be used from any thread.
  public let stop = StopRequest()

  var policy = LoadedPolicy.base
  var reward: LoadedReward?
  /// Holds the adapter that the next version is trained in; nil until it is needed.
  var policyLearner: PolicyLearner?
  var rewardLearner: RewardLearner?
  /// What prompts are read with; nil while there are too few demonstrations.
  var imitation: Imitation?
  /// Holds what they will be read with next; nil until it is needed.
  var imitator: Imitator?
  /// The policy that is made anew beside the one in use; nil when none is.
  var refitting: Refit?
  var pool = ExamplePool()
  var failures = FailureCount()
  var gate = GateMemory()
  /// What is read of prompts, by their ids.
  var promptFeatures: [Int64: [Float]] = [:]
  /// How many completions slates are chosen from.
  var bestOf = BestOf()
  /// Slates made since the start, by which some are chosen for what they promise to teach.
  var slatesMade = 0
  /// What the policy in use has drawn, and how far from the base it is.
  var standing = PolicyUpdate.Standing()
  /// Steps without a new label that the policy may still take in idle time.
  var practiceOwed = 0
  /// Those taken since the last label.
  var practisedSinceLabel = 0
  /// The last prompts answered for practice, the newest last, and how many ever.
  var practised: [Int64] = []
  var rolloutsPractised: Int64 = 0

  /// Seconds without a workstation after which ``Lifetime/whileLabeling`` ends.
  static let loneliness = 60.0

  /// Takes the workspace's trainer lock and loads the versions in use.
  ///
  /// - Parameter program: the version of this program, kept with every version published.
  /// - Throws: a sentence when another trainer holds the lock, or a version's file cannot be read.
  public init(
    workspace: Workspace, model: LanguageModel, program: String, log: Logger,
    recipe: Recipe = Recipe()
  ) throws {
    lock = try TrainerLock.acquire(workspace.directory)
    self.workspace = workspace
    self.model = model
    self.program = program
    self.log = log
    self.recipe = recipe
    files = VersionFiles(
      workspace: workspace, configuration: model.configuration,
      baseModelName: model.nameForPEFT)
    encoding = LabelEncoding(model: model)
    pass = TrainingPass(model: model)
    reader = PromptReader(model: model, pass: pass)
    drawing = Drawing(model: model, pass: pass, reader: reader)
    try workspace.discardUnfinished()
    try workspace.endAbandonedJobs()
    try followChosenVersions()
    standing.demonstrations = try workspace.labels(
      kinds: [.demonstration], heldOut: .learnable
    ).count
    try noteBudget()
    try notePractice()
  }

  /// Says in the workspace how far the policy may go, for the screens to show how much of it is used.
  func noteBudget() throws {
    let budget = recipe.budget(demonstrations: standing.demonstrations)
    try workspace.set("kl_budget", to: String(budget))
  }

  var isStopping: Bool { stop.isMade }

  /// Works until its lifetime ends or it is told to stop.
  public func run(_ lifetime: Lifetime) throws {
    defer { lock.release() }
    var lastCompany = Date()
    while !isStopping {
      try followPerson()
      let situation = try observe()
      if situation.labelers > 0 { lastCompany = Date() }
      if lifetime == .whileLabeling, Date().timeIntervalSince(lastCompany) > Self.loneliness,
        !situation.keepsOn
      {
        return
      }
      guard let work = Agenda.next(situation) else {
        if lifetime == .untilIdle { return }
        try waitForChange()
        continue
      }
      do {
        try perform(work)
      } catch is CancellationError {
        continue
      }
    }
  }

  private func perform(_ work: Work) throws {
    switch work {
    case .generate: try makeSlate()
    case .refresh(let slate): try refreshSlate(slate)
    case .imitate: try imitate()
    case .learnReward: try learn(.reward)
    case .learnPolicy: try learn(.policy)
    case .refit: try refit()
    case .practise: try practise()
    }
  }

  /// What there is to do, as the workspace says.
  func observe() throws -> Situation {
    let ready = try workspace.readySlates()
    let present = try workspace.activeWorkstations()
    var situation = Situation()
    situation.labelers = present.count
    situation.waiting = present.filter(\.isWaiting).count
    situation.ready = ready.count
    situation.hasPrompts = try nextPrompt() != nil
    situation.unlearntForReward = try unlearnt(.reward).count
    situation.unlearntForPolicy = try unlearnt(.policy).count
    situation.unimitated = try unimitated()
    situation.stale = ready.filter { $0.newestPolicy < policy.version && !$0.isRepeat }
      .map(\.id)
    situation.canRefit = try refitIsDue()
    situation.isRefitting = refitting != nil
    situation.canPractise = practiceOwed > 0
    return situation
  }

  /// Labels that no version has met and that are not set aside.
  func unlearnt(_ kind: VersionKind) throws -> [Label] {
    try workspace.pendingLabels(kind).filter {
      !failures.isSetAside(FailureCount.key(kind, label: $0.id))
    }
  }

  /// Sleeps until another process has changed the workspace, or a second has passed.
  private func waitForChange() throws {
    let before = try workspace.dataVersion()
    for _ in 0..<20 where !isStopping {
      usleep(50_000)
      if try workspace.dataVersion() != before { return }
    }
  }
}
