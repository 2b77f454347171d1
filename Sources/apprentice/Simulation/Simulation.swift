import Exchange
import Feedback
import Foundation
import Storage
import Trainer

/// The whole loop without a screen: a scripted labeler in the place of the workstation.
final class Simulation {
  /// What is said of each label.
  struct Report: Encodable {
    var label: String
    var slate: String
    var kind: String
    /// The newest policy version on the slate, and the reward model that scored it.
    var policy: String
    var reward: String?
    var pairs: Int
    var predicted: Int?
    var waited: Double
    var labelledToPublished: Double?

    enum CodingKeys: String, CodingKey {
      case label, slate, kind, policy, reward, pairs, predicted, waited
      case labelledToPublished = "labelled_to_published"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(label, forKey: .label)
      try container.encode(slate, forKey: .slate)
      try container.encode(kind, forKey: .kind)
      try container.encode(policy, forKey: .policy)
      try container.encode(reward, forKey: .reward)
      try container.encode(pairs, forKey: .pairs)
      try container.encode(predicted, forKey: .predicted)
      try container.encode(waited, forKey: .waited)
      try container.encode(labelledToPublished, forKey: .labelledToPublished)
    }
  }

  /// Seconds without any sign of the trainer after which the simulation gives up.
  static let patience = 300.0
  private static let secondsPerNote = 60.0

  private let workspace: Workspace
  private let labeler: String
  private let trainer: TrainerChild
  private let session = UUID().uuidString
  private let heartbeat: any DispatchSourceTimer

  init(workspace: Workspace, labeler: String, trainer: TrainerChild) throws {
    self.workspace = workspace
    self.labeler = labeler
    self.trainer = trainer
    heartbeat = DispatchSource.makeTimerSource(queue: .global())
    let session = session
    let pid = ProcessInfo.processInfo.processIdentifier
    try workspace.heartbeat(session: session, labeler: labeler, pid: pid, isWaiting: true)
    heartbeat.schedule(deadline: .now() + 2, repeating: 2)
    heartbeat.setEventHandler {
      try? workspace.heartbeat(session: session, labeler: labeler, pid: pid)
    }
    heartbeat.resume()
  }

  /// Leaves the workspace; what was labelled stays.
  func finish() {
    heartbeat.cancel()
    try? workspace.leave(session: session)
  }

  /// Labels so many slates.
  ///
  /// - Parameters:
  ///   - pace: seconds from one slate to the next; 0 waits until each label is learnt.
  ///   - report: told of each label once it is learnt, in order.
  func run(
    labels: Int, pace: Double, script: ScriptedLabeler, report: (Report) throws -> Void
  ) throws {
    var open: [(report: Report, ids: [Int64])] = []
    for _ in 0..<labels {
      let start = Date()
      let slate = try nextSlate()
      let waited = Date().timeIntervalSince(start)
      let contents = try script.label(slate)
      if pace > 0 { Thread.sleep(forTimeInterval: max(0, pace - Date().timeIntervalSince(start))) }
      let ids = try workspace.submit(
        Submission(
          slate: slate.id, prompt: slate.prompt.id, labeler: labeler, contents: contents,
          duration: Date().timeIntervalSince(start) - waited))
      open.append((try describe(slate, ids: ids, waited: waited), ids))
      if pace == 0 { try waitUntilHandled(ids) }
      while let first = open.first, try isHandled(first.ids) {
        try report(try published(first.report, ids: first.ids))
        open.removeFirst()
      }
    }
    for entry in open {
      try waitUntilHandled(entry.ids)
      try report(try published(entry.report, ids: entry.ids))
    }
  }

  /// Waits until the policy in use is the one that the labels led to, which the trainer works on in idle time.
  ///
  /// - Parameter note: told what goes on, about once a minute.
  func waitForPractice(note: (String) -> Void) throws {
    var last: Date?
    try wait(for: "the policy to end its practice") {
      if try workspace.setting(Workspace.practiceKey) == nil { return true }
      if last == nil {
        note("Every label is learnt; the policy learns on in idle time. Interrupt to stop it here.")
      }
      if Date().timeIntervalSince(last ?? Date()) >= Self.secondsPerNote,
        let job = try workspace.currentJobs().last
      {
        note("\(printable(job.detail)): \(Int(job.progress * 100)) %")
        last = Date()
      }
      last = last ?? Date()
      return false
    }
  }

  private func nextSlate() throws -> Slate {
    var slate: Slate?
    try wait(for: "a slate") {
      if case .ready(let found) = try workspace.claimNextSlate(labeler: labeler, session: session) {
        slate = found
      } else {
        try workspace.heartbeat(
          session: session, labeler: labeler,
          pid: ProcessInfo.processInfo.processIdentifier, isWaiting: true)
      }
      return slate != nil
    }
    try workspace.heartbeat(
      session: session, labeler: labeler, pid: ProcessInfo.processInfo.processIdentifier)
    return slate!
  }

  private func waitUntilHandled(_ ids: [Int64]) throws {
    try wait(for: "the trainer to learn label \(ids.map(String.init).joined(separator: ", "))") {
      try isHandled(ids)
    }
  }

  private func isHandled(_ ids: [Int64]) throws -> Bool {
    try VersionKind.allCases.allSatisfy { kind in
      try workspace.pendingLabels(kind).allSatisfy { !ids.contains($0.id) }
    }
  }

  /// Asks again whenever the workspace has changed; gives up when the trainer is gone or silent.
  private func wait(for what: String, until isDone: () throws -> Bool) throws {
    var lastChange = Date()
    var version = try workspace.dataVersion()
    while try !isDone() {
      try trainer.check()
      var changed = false
      for _ in 0..<10 where !changed {
        usleep(50_000)
        let now = try workspace.dataVersion()
        changed = now != version
        version = now
      }
      if try workspace.currentJobs().isEmpty {
        guard Date().timeIntervalSince(lastChange) < Self.patience else {
          let reason = try workspace.recentJobs().first { $0.error != nil }?.error
          throw CommandError(
            "The simulation gave up waiting for \(what): the trainer has done nothing for "
              + "\(Int(Self.patience)) seconds"
              + (reason.map { "; its last failure was: \($0)" } ?? "."))
        }
      } else {
        lastChange = Date()
      }
    }
  }

  private func describe(_ slate: Slate, ids: [Int64], waited: Double) throws -> Report {
    let label = try workspace.labels(ids)[0]
    let outcome = try workspace.outcome(label: ids[0])
    let reward = try workspace.predictions(slate: slate.id).first?.rewardVersion
    return Report(
      label: String(label.id), slate: String(slate.id), kind: label.kind.rawValue,
      policy: String(slate.completions.map(\.policyVersion).max() ?? 0),
      reward: reward.map(String.init), pairs: outcome?.pairs ?? 0, predicted: outcome?.predicted,
      waited: waited, labelledToPublished: nil)
  }

  /// Adds the seconds from the label to the last version that learnt it.
  private func published(_ report: Report, ids: [Int64]) throws -> Report {
    var report = report
    let created = try workspace.labels(ids).map(\.created).min() ?? 0
    let versions = try ids.flatMap { try workspace.versions(thatLearnt: $0) }
      .filter { $0.state != .rejected }
    report.labelledToPublished = versions.map { $0.created - created }.max()
    return report
  }
}
