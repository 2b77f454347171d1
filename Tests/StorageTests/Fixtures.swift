import Feedback
import Foundation
import Synchronization
import TestSupport

@testable import Storage

/// A clock that tests set.
final class Clock: Sendable {
  private let time = Mutex(1_000_000.0)

  var now: Double { time.withLock { $0 } }

  func advance(by seconds: Double) {
    time.withLock { $0 += seconds }
  }
}

func completion(
  _ text: String, version: Int64 = 0, origin: CompletionOrigin = .unselected, seed: UInt64 = .max
) -> NewCompletion {
  NewCompletion(
    text: text, tokenIDs: [5, -1, 2], logprobs: [-0.5, -1.25, -3], finishReason: .stop,
    policyVersion: version,
    sampling: SamplingParameters(temperature: 0.7, topP: 0.9, maxTokens: 64),
    seed: seed, origin: origin)
}

let promptTexts = [
  "Explain the moon landing to a 6-year-old.", "Name a colour.", "Why is rain wet?",
]

extension Workspace {
  /// A finished slate of a prompt; its completions' texts are `texts` unless given whole.
  @discardableResult
  func makeSlate(
    of prompt: Prompt? = nil,
    _ texts: [String] = ["short one", "a longer answer here", "mid one x"],
    completions: [NewCompletion]? = nil, rewardVersion: Int64? = nil, scores: [[Float]]? = nil,
    activelyChosen: Bool = false, displayOrder: [Int]? = nil
  ) throws -> Slate {
    let prompt = try prompt ?? nextPrompt()!
    let completions = completions ?? texts.map { completion($0) }
    let id = try beginSlate(
      prompt: prompt.id, activelyChosen: activelyChosen, count: completions.count)
    try finishSlate(
      id, completions: completions, rewardVersion: rewardVersion, scores: scores,
      displayOrder: displayOrder ?? Array(completions.indices))
    return try slate(id)!
  }

  /// Submits a ranking that puts the completions in display order, best first, unless told which
  /// positions make the tiers.
  @discardableResult
  func rank(
    _ slate: Slate, tiers: [[Int]]? = nil, by labeler: String = "ann", duration: Double = 3,
    demonstration: String? = nil, quality: [Int64: Int] = [:], flags: [Int64: Set<Flag>] = [:]
  ) throws -> [Int64] {
    let ids = slate.completions.map(\.id)
    let tiers = (tiers ?? ids.indices.map { [$0] }).map { $0.map { ids[$0] } }
    var contents: [LabelContent] = [.ranking(try Ranking(tiers: tiers, of: ids))]
    if let demonstration { contents.append(.demonstration(Demonstration(text: demonstration))) }
    return try submit(
      Submission(
        slate: slate.id, prompt: slate.prompt.id, labeler: labeler, contents: contents,
        quality: quality, flags: flags, duration: duration))
  }

  /// Publishes a version with its folder.
  @discardableResult
  func publishVersion(
    _ kind: VersionKind, parent: Int64? = nil, learntFrom: [Int64] = [],
    metrics: [String: Double] = [:], isRejected: Bool = false
  ) throws -> Version {
    let id = try reserveVersion()
    try FileManager.default.createDirectory(
      at: directory.appendingPathComponent(Self.versionPath(kind, id)),
      withIntermediateDirectories: true)
    return try publish(
      NewVersion(
        id: id, kind: kind, parent: parent, learntFrom: learntFrom, metrics: metrics,
        isRejected: isRejected, weightFormat: "Q4_1", program: "apprentice 0.1"))
  }
}

extension FreshWorkspace {
  /// A workspace with three open-QA prompts.
  static func withPrompts(clock: Clock = Clock()) throws -> FreshWorkspace {
    try FreshWorkspace(
      prompts: promptTexts.map { NewPrompt(useCase: .openQA, text: $0) }, clock: { clock.now })
  }
}

/// The sentence of the storage error that the body throws; empty when it throws none.
func sentence(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return (error as? StorageError)?.description ?? "not a storage error: \(error)"
  }
}

extension Workspace {
  /// Adds many prompts at once, over all use cases.
  func fill(prompts count: Int) throws {
    let useCases = UseCase.allCases.map { "'\($0.rawValue)'" }
    try write { db in
      for (index, useCase) in useCases.enumerated() {
        let share = count / useCases.count
        try db.execute(
          sql: """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(share))
            INSERT INTO prompts (key, use_case, messages, shuffle, created)
            SELECT 'p\(index)-' || i, \(useCase), '[{"role":"user","content":"Question ' || i || '"}]',
              random(), 0 FROM n
            """)
        try db.execute(
          sql: "INSERT INTO use_cases (use_case, prompt_count) VALUES (\(useCase), \(share))")
      }
    }
  }
}
