import Foundation
import Storage
import Synchronization

/// Sees to it that the workspace has a trainer while the workstation is open, and never ends one.
final class TrainerKeeper: Sendable {
  private let command: [String]
  private let directory: URL
  private let state = Mutex(State())

  private struct State: Sendable {
    var child: TrainerProcess?
    /// How often in a row it ended with a failure.
    var failures = 0
    var nextStart = ContinuousClock.now
    var trouble: String?
  }

  init(command: [String], directory: URL) {
    self.command = command
    self.directory = directory
  }

  /// Starts the trainer if the workspace has none; to be called about once a second.
  ///
  /// - Returns: the sentence to show when it ends with a failure again and again.
  func check() -> String? {
    state.withLock { state in
      let now = ContinuousClock.now
      if let child = state.child {
        guard let end = child.end() else {
          if now - child.started > .seconds(20) {
            state.failures = 0
            state.trouble = nil
          }
          return state.trouble
        }
        state.child = nil
        noteEnd(end, of: child, &state)
      }
      guard now >= state.nextStart else { return state.trouble }
      if TrainerLock.holder(directory) != nil {
        state.trouble = nil
        return nil
      }
      do {
        state.child = try TrainerProcess(command: command, directory: directory)
      } catch {
        state.failures += 1
        state.nextStart = now + backOff(state.failures)
        state.trouble = sentence(error)
      }
      return state.trouble
    }
  }

  private func noteEnd(_ end: TrainerProcess.End, of child: TrainerProcess, _ state: inout State) {
    guard end != .success, TrainerLock.holder(directory) == nil else {
      state.failures = 0
      state.nextStart = .now + .seconds(1)
      return
    }
    state.failures += 1
    state.nextStart = .now + backOff(state.failures)
    if state.failures >= 2 {
      let reason = child.lastWords.map(sentence) ?? "It left no reason in trainer.log."
      state.trouble = "The trainer \(end.text). \(reason) It is started again."
    }
  }

  private func backOff(_ failures: Int) -> Duration {
    .seconds(min(30, 1 << min(failures - 1, 5)))
  }
}
