import Feedback
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Workstation

/// A session and what it said.
final class SessionDesk: Sendable {
  let fresh: FreshWorkspace
  private let messages = Mutex<[WorkstationMessage]>([])
  private let arrived = DispatchSemaphore(value: 0)
  private let sessionBox = Mutex<Session?>(nil)

  init(prompts: [NewPrompt] = [NewPrompt(useCase: .openQA, text: "Why is the sky blue?")]) throws {
    fresh = try FreshWorkspace(prompts: prompts)
  }

  var session: Session { sessionBox.withLock { $0! } }
  var workspace: Workspace { fresh.workspace }

  func open(trainer: [String] = []) {
    let options = WorkstationOptions(
      workspace: fresh.directory, model: "", labeler: "ada", trainerCommand: trainer)
    let session = Session(workspace: workspace, options: options) { message in
      self.messages.withLock { $0.append(message) }
      self.arrived.signal()
    }
    sessionBox.withLock { $0 = session }
    session.start()
  }

  func close() {
    session.close()
    sessionBox.withLock { $0 = nil }
  }

  /// Waits for a message that is wanted, and forgets those before it.
  func wait<Found>(
    for what: String, _ pick: (WorkstationMessage) -> Found?,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Found {
    let deadline = DispatchTime.now() + .seconds(20)
    while true {
      while let next = messages.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        if let found = pick(next) { return found }
      }
      if arrived.wait(timeout: deadline) == .timedOut {
        Issue.record("\(what) did not come", sourceLocation: sourceLocation)
        throw WorkstationError("\(what) did not come.")
      }
    }
  }

  func waitForSlate() throws -> (Slate, Drafts) {
    try wait(for: "a slate") {
      if case .desk(.ready(let slate), let drafts) = $0 { (slate, drafts) } else { nil }
    }
  }

  @discardableResult
  func makeSlate(_ texts: [String] = ["long and long", "short"]) throws -> Int64 {
    let prompt = try #require(try workspace.nextPrompt())
    let id = try workspace.beginSlate(
      prompt: prompt.id, activelyChosen: false, count: texts.count)
    try finish(id, texts)
    return id
  }

  func finish(_ id: Int64, _ texts: [String]) throws {
    let completions = texts.enumerated().map { index, text in
      NewCompletion(
        text: text, tokenIDs: [1, 2], logprobs: [-1, -2], finishReason: .stop,
        policyVersion: 0, sampling: SamplingParameters(), seed: UInt64(index),
        origin: index == 0 ? .unselected : .reference)
    }
    _ = try workspace.finishSlate(
      id, completions: completions, displayOrder: Array(texts.indices))
  }
}

/// Waits until something is so.
func waitUntil(_ what: String, _ condition: () -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(20)
  while !condition() {
    guard ContinuousClock.now < deadline else {
      throw WorkstationError("\(what) did not come.")
    }
    usleep(2000)
  }
}
