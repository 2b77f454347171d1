import Dispatch
import Feedback
import Foundation
import Storage
import Synchronization

/// The workstation's edge: carries out effects on the workspace, watches it, and keeps a trainer
/// running. What it learns goes out as messages.
///
/// Labels, drafts and slates are the writer queue's, in order; watching has a queue of its own, so
/// that a label never waits for a statistic; and so has what may wait on other programs.
final class Session: Sendable {
  let workspace: Workspace
  let labeler: String
  /// A name of its own for this run.
  let name = UUID().uuidString
  let send: @Sendable (WorkstationMessage) -> Void
  let writer = DispatchQueue(label: "apprentice.writer", qos: .userInitiated)
  private let watcher = DispatchQueue(label: "apprentice.watcher", qos: .utility)
  private let caretaker = DispatchQueue(label: "apprentice.caretaker", qos: .utility)
  let drafts: DraftKeeper
  private let statusReader: StatusReader
  private let trainer: TrainerKeeper?
  private let repetitions = Mutex<[Repetition]>([])
  let state = Mutex(State())

  /// What the session knows about the desk.
  struct State: Sendable {
    /// The slate that the labeler has.
    var slate: Slate?
    /// The scores stored before it was labelled.
    var scores: [Int64: Float] = [:]
    var wait = Wait.forAny
    var lastVersion: Int?
    var lastGrowing: GrowingSlate?
    var lastClaim = ContinuousClock.now
    var trouble: [Trouble: String] = [:]
    var isClosed = false
  }

  /// What the labeler waits for.
  enum Wait: Sendable, Hashable {
    case nothing, forAny
    case growing(Int64)
  }

  /// Who says that something stands in the way.
  enum Trouble: Int, Sendable, Hashable, Comparable {
    case reading, presence, trainer

    static func < (left: Trouble, right: Trouble) -> Bool { left.rawValue < right.rawValue }
  }

  init(
    workspace: Workspace, options: WorkstationOptions,
    send: @escaping @Sendable (WorkstationMessage) -> Void
  ) {
    self.workspace = workspace
    self.send = send
    labeler = options.labeler
    drafts = DraftKeeper(
      workspace: workspace, labeler: options.labeler, queue: writer, send: send)
    statusReader = StatusReader(workspace: workspace, labeler: options.labeler)
    trainer =
      options.trainerCommand.isEmpty
      ? nil : TrainerKeeper(command: options.trainerCommand, directory: workspace.directory)
  }

  /// Begins to watch the workspace, and looks for the first slate.
  func start() {
    writer.async { self.signOffKilled() }
    claim()
    let work = [
      Repetition(every: 0.06, on: watcher) { [weak self] in self?.watch() },
      Repetition(every: 1, on: caretaker) { [weak self] in self?.keepTrainer() },
      Repetition(every: 3, on: caretaker) { [weak self] in self?.heartbeat() },
    ]
    repetitions.withLock { $0 = work }
  }

  /// Ends: drafts are on the disk afterwards. The trainer goes on by itself.
  func close() {
    state.withLock { $0.isClosed = true }
    repetitions.withLock { repetitions in
      for repetition in repetitions { repetition.cancel() }
      repetitions = []
    }
    watcher.sync {}
    caretaker.sync {}
    writer.sync {
      drafts.flush()
      // A workstation that could not sign off is taken for gone when its heartbeat stops.
      try? workspace.leave(session: name)
    }
  }

  func perform(_ effect: Effect) {
    switch effect {
    case .save(let draft, let slate): drafts.save(draft, slate: slate)
    case .submit(let submission): writer.async { self.submit(submission) }
    case .undo: writer.async { self.undo() }
    case .change(let change): writer.async { self.change(change) }
    }
  }

  // MARK: Watching

  /// Looks whether anything has changed, and reads what the screens show of it.
  private func watch() {
    do {
      let version = try workspace.dataVersion()
      let hasChanged = state.withLock { state in
        defer { state.lastVersion = version }
        return state.lastVersion != version
      }
      try followWaiting(hasChanged: hasChanged)
      if hasChanged || statusReader.isBehind { send(.status(try statusReader.read())) }
      report(.reading, nil)
    } catch {
      report(.reading, sentence(error))
    }
  }

  /// While the labeler waits: shows what has been written, and takes what is ready.
  private func followWaiting(hasChanged: Bool) throws {
    switch state.withLock({ $0.wait }) {
    case .nothing: return
    case .forAny:
      // Without a change too now and then: a database that was blocked tells nothing when it is not.
      let isLate = state.withLock { .now - $0.lastClaim > .seconds(1) }
      if hasChanged || isLate { claim() }
    case .growing(let id):
      guard hasChanged, let progress = try workspace.progress(slate: id) else { return }
      guard progress.status == .generating else { return claim() }
      let growing = GrowingSlate(progress)
      // Sent while the state is locked, so that it cannot arrive after a slate that came since.
      state.withLock { state in
        guard state.lastGrowing != growing, state.wait == .growing(id) else { return }
        state.lastGrowing = growing
        send(.desk(.growing(growing), Drafts()))
      }
      if try workspace.slateCount(.ready) > 0 { claim() }
    }
  }

  // MARK: Other programs

  private func heartbeat() {
    let isWaiting = state.withLock { $0.wait != .nothing }
    do {
      try workspace.heartbeat(
        session: name, labeler: labeler, pid: getpid(), isWaiting: isWaiting)
      report(.presence, nil)
    } catch {
      report(.presence, sentence(error))
    }
  }

  /// Tells the trainer at once when a labeler begins to wait.
  func announceWaiting() {
    caretaker.async { [weak self] in
      guard let self, !state.withLock({ $0.isClosed }) else { return }
      heartbeat()
    }
  }

  private func keepTrainer() {
    guard let trainer else { return }
    report(.trainer, trainer.check())
  }

  /// Shows the most basic trouble there is.
  private func report(_ source: Trouble, _ sentence: String?) {
    let (before, after) = state.withLock { state in
      let before = state.trouble.min { $0.key < $1.key }?.value
      state.trouble[source] = sentence
      return (before, state.trouble.min { $0.key < $1.key }?.value)
    }
    if before != after { send(.trouble(after)) }
  }
}

extension GrowingSlate {
  init(_ progress: SlateProgress) {
    self.init(
      id: progress.slate, prompt: progress.prompt, count: progress.count, texts: progress.texts)
  }
}
