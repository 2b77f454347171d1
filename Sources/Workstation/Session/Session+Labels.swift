import Feedback
import Foundation
import Storage

/// Slates and labels; all of it runs on the writer queue.
extension Session {
  /// Signs off workstations of this labeler that were killed, so that their slate comes back at
  /// once and not when their heartbeat has run out.
  func signOffKilled() {
    let open = (try? workspace.activeWorkstations()) ?? []
    for other in open where other.labeler == labeler && other.session != name {
      let isGone = kill(other.pid, 0) != 0 && errno == ESRCH
      if isGone { try? workspace.leave(session: other.session) }
    }
  }

  /// Looks for the next slate and puts what it finds on the desk.
  func claim() {
    writer.async { self.claimNow() }
  }

  private func claimNow() {
    let isWaiting = state.withLock { state in
      state.lastClaim = .now
      return state.wait != .nothing && !state.isClosed
    }
    guard isWaiting else { return }
    do {
      switch try workspace.claimNextSlate(labeler: labeler, session: name) {
      case .ready(let slate): try put(slate)
      case .generating(let progress):
        let growing = GrowingSlate(progress)
        let stored = try drafts.stored(slate: growing.id)
        state.withLock { state in
          state.wait = .growing(growing.id)
          guard state.lastGrowing != growing else { return }
          state.lastGrowing = growing
          send(.desk(.growing(growing), stored))
        }
      case nil: wait(saying: try emptyReason())
      }
    } catch {
      wait(saying: sentence(error))
    }
  }

  private func wait(saying reason: String) {
    state.withLock { state in
      state.wait = .forAny
      send(.desk(.empty(reason), Drafts()))
    }
  }

  private func put(_ slate: Slate) throws {
    let scores = try storedScores(slate)
    let stored = try drafts.stored(slate: slate.id)
    state.withLock { state in
      state.slate = slate
      state.scores = scores
      state.wait = .nothing
      state.lastGrowing = nil
      send(.desk(.ready(slate), stored))
    }
    announceWaiting()
  }

  /// The newest scores there are from before the label, as the mean of the heads.
  private func storedScores(_ slate: Slate) throws -> [Int64: Float] {
    let predictions = try workspace.predictions(slate: slate.id)
    guard let newest = predictions.map(\.rewardVersion).max() else { return [:] }
    let scores = predictions.filter { $0.rewardVersion == newest }.map { ($0.completion, $0.mean) }
    return Dictionary(scores, uniquingKeysWith: { first, _ in first })
  }

  private func emptyReason() throws -> String {
    try workspace.promptCount() == 0
      ? "There are no prompts in this workspace. Add some with: apprentice prompts add FILE"
      : "The trainer is getting the first candidates ready."
  }

  func submit(_ submission: Submission) {
    let pending = drafts.takePending(slate: submission.slate)
    do {
      _ = try workspace.submit(submission)
    } catch {
      drafts.putBack(pending)
      send(.failed(.submit, sentence(error)))
      return
    }
    send(.submitted(submission, reveal(of: submission)))
    state.withLock { state in
      state.slate = nil
      state.wait = .forAny
    }
    claimNow()
    if state.withLock({ $0.wait != .nothing }) { announceWaiting() }
  }

  private func reveal(of submission: Submission) -> Reveal? {
    let (slate, scores) = state.withLock { ($0.slate, $0.scores) }
    guard let slate, slate.id == submission.slate else { return nil }
    var ranking: Ranking?
    var demonstrated = false
    for content in submission.contents {
      switch content {
      case .ranking(let given): ranking = given
      case .demonstration: demonstrated = true
      case .skip: return nil
      }
    }
    return Reveal(slate: slate, ranking: ranking, scores: scores, demonstrated: demonstrated)
  }

  func undo() {
    drafts.flush()
    do {
      let undone = try workspace.undoLast(labeler: labeler)
      if let slate = undone?.slate {
        let scores = try storedScores(slate)
        state.withLock { state in
          state.slate = slate
          state.scores = scores
          state.wait = .nothing
          state.lastGrowing = nil
        }
      }
      send(.undone(undone))
    } catch {
      send(.failed(.undo, sentence(error)))
    }
  }
}
