import Feedback
import Storage
import TerminalUI
import Testing

@testable import Workstation

/// A labeler made of keys: presses them, and reads the screen.
final class Robot {
  var model: WorkstationModel
  /// What the keys asked for, oldest first.
  var effects: [Effect] = []
  private var time = 0.0

  init(
    size: Size = .minimum, depth: ColorDepth = .indexed256, desk: Desk? = .ready(.moon),
    drafts: Drafts = Drafts(), guidelines: String? = nil
  ) {
    model = WorkstationModel(labeler: "ada", colorDepth: depth, guidelines: guidelines)
    send(.terminal(.resize(size), at: 0))
    if let desk { send(.desk(desk, drafts)) }
  }

  @discardableResult
  func send(_ message: WorkstationMessage) -> Robot {
    effects += update(&model, message)
    return self
  }

  /// Presses keys, named as on the help screen, a second each.
  @discardableResult
  func press(_ keys: String, sourceLocation: SourceLocation = #_sourceLocation) -> Robot {
    do {
      for key in try KeyPress.list(parsing: keys) { event(.key(key)) }
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
    return self
  }

  /// Types text, with enter for a line break.
  @discardableResult
  func type(_ text: String) -> Robot {
    for character in text {
      event(.key(character == "\n" ? KeyPress(.enter) : .character(character)))
    }
    return self
  }

  @discardableResult
  func event(_ event: TerminalEvent) -> Robot {
    time += 1
    return send(.terminal(event, at: time))
  }

  @discardableResult
  func wait(seconds: Double) -> Robot {
    time += seconds
    return self
  }

  var surface: Surface { view(model, model.size) }
  var text: String { surface.snapshot() }
  var rows: [String] { surface.rows() }

  /// The row with a text; -1 if it is nowhere.
  func row(of text: String) -> Int { rows.firstIndex { $0.contains(text) } ?? -1 }

  /// The order on the screen in letters, placed cards with their tier: `1A 2C ·B`.
  var cards: String {
    let board = model.work.board
    return board.order.map { "\(board.digits[$0].map(String.init) ?? "·")\(board.letter(of: $0))" }
      .joined(separator: " ")
  }

  var focus: String {
    model.work.board.focus.map { String(model.work.board.letter(of: $0)) } ?? ""
  }

  var submissions: [Submission] {
    effects.compactMap { if case .submit(let submission) = $0 { submission } else { nil } }
  }

  var rankings: [[[Int64]]] {
    submissions.flatMap(\.contents).compactMap {
      if case .ranking(let ranking) = $0 { ranking.tiers } else { nil }
    }
  }

  /// The last draft of the editor that was to be kept.
  var draftText: String? {
    effects.reversed().lazy.compactMap {
      if case .save(.demonstration(let draft), _) = $0 { draft.text } else { nil }
    }.first
  }
}

extension Slate {
  /// Four candidates for the seed's prompt: ids 11 to 14, shown as A to D.
  static let moon = make(
    [
      "Some people built a very big rocket and flew it to the moon. When they got there they "
        + "hopped around in puffy white suits, because the moon pulls on you less than Earth does. "
        + "They put up a flag, picked up some rocks and came home to tell everyone about it.",
      "The Apollo program, conducted by NASA between 1961 and 1972, resulted in American "
        + "astronauts making their first landing on the Moon. The program was named after the Greek "
        + "god of light, music and the sun, and it was dedicated to a national goal set by President "
        + "Kennedy in an address to Congress: \"landing a man on the Moon and returning him safely "
        + "to the Earth\".",
      "The moon landing was when astronauts went to the moon in 1969.",
      "A long time ago, people looked up and wondered what the moon was made of.\n\nThen some of "
        + "them said: let us go and see!\n\nThey trained for years, and one summer three of them "
        + "climbed into a rocket as tall as a church. It roared and shook, and four days later two "
        + "of them walked on the grey dust.",
    ], versions: [3, 0, 3, 2])

  static func make(
    _ texts: [String], prompt: String = "Explain the moon landing to a 6-year-old.",
    key: String = "212", versions: [Int64] = []
  ) -> Slate {
    Slate(
      id: 7,
      prompt: Prompt(
        id: 3, key: key, useCase: .openQA, messages: [Message(role: .user, content: prompt)]),
      completions: texts.enumerated().map { index, text in
        Completion(
          id: Int64(11 + index), text: text, tokenIDs: [], logprobs: [], finishReason: .stop,
          policyVersion: versions.isEmpty ? 1 : versions[index], sampling: SamplingParameters(),
          seed: 0, origin: .selected)
      }, activelyChosen: false)
  }
}

extension WorkspaceStatus {
  /// A workspace in the middle of its work.
  static var busy: WorkspaceStatus {
    var status = WorkspaceStatus()
    status.ownLabels = 17
    status.rankings = 27
    status.demonstrations = 4
    status.readySlates = 3
    status.policyVersion = 7
    status.labelsToLearn = 3
    status.job = JobStatus(title: "the policy learns 3 labels", progress: 0.64, remaining: 20)
    status.rewardAccuracy = Estimate(value: 0.71, low: 0.61, high: 0.8, count: 84)
    status.longerWins = Estimate(value: 0.52, low: 0.4, high: 0.6, count: 84)
    status.shorterWins = Estimate(value: 0.44, low: 0.36, high: 0.55, count: 84)
    for label in 0..<27 {
      let bump = label % 3 == 0 ? 0.05 : 0.0
      status.accuracySeries.append(0.5 + Double(label) / 108 + bump)
    }
    status.useCaseAccuracy = [
      UseCaseAccuracy(
        useCase: .openQA, accuracy: Estimate(value: 0.78, low: 0.6, high: 0.91, count: 36)),
      UseCaseAccuracy(
        useCase: .chat, accuracy: Estimate(value: 0.67, low: 0.45, high: 0.84, count: 30)),
    ]
    status.calibration = Calibration(
      margins: Array(repeating: 1.4, count: 26) + Array(repeating: -1.4, count: 9)
        + Array(repeating: 0.3, count: 30) + Array(repeating: -0.3, count: 19))
    status.standing = PolicyStanding(
      comparisons(of: 3, won: 2, lost: 6, tied: 2) + comparisons(of: 5, won: 5, lost: 2, tied: 3)
        + comparisons(of: 7, won: 8, lost: 1, tied: 1)
        + comparisons(of: 7, with: 3, won: 3, lost: 1, tied: 0), inUse: 7)
    status.divergence = Divergence(value: 0.31, budget: 0.5)
    status.losses = [
      LossCurve(
        title: "Policy: loss by step",
        values: (1...40).map { (step: Int) -> Double in 3 / Double(step) + 1 }),
      LossCurve(
        title: "Reward model: loss by step",
        values: (1...40).map { (step: Int) -> Double in 0.7 - Double(step) / 100 }),
    ]
    status.versions = [
      VersionStatus(
        id: 7, kind: .policy, parent: 5, state: .current, learntCount: 4, retractedCount: 2,
        metrics: [
          "heldout.likelihood": -2.31, "heldout.accuracy": 0.61, "words": 38.2,
          "repetition": 0.12, "kl": 0.31, "fluency": 0.1,
        ]),
      VersionStatus(id: 6, kind: .reward, parent: 4, state: .current, learntCount: 9),
      VersionStatus(
        id: 5, kind: .policy, parent: 3, state: .published, learntCount: 1,
        metrics: ["heldout.likelihood": -2.4, "words": 42.6, "kl": 0.25]),
      VersionStatus(id: 4, kind: .reward, state: .pruned, learntCount: 7),
      VersionStatus(
        id: 3, kind: .policy, state: .published, learntCount: 9, isPinned: true),
      VersionStatus(
        id: 2, kind: .policy, state: .rejected, learntCount: 3,
        rejection: "held-out demonstrations became less likely than under the base model"),
      .base(isCurrent: false),
    ]
    return status
  }

  /// Blind comparisons of one policy with another, the base model unless told.
  private static func comparisons(
    of policy: Int64, with reference: Int64 = 0, won: Int, lost: Int, tied: Int
  ) -> [BlindComparison] {
    [(1, won), (-1, lost), (0, tied)].flatMap { outcome, times in
      Array(
        repeating: BlindComparison(policy: policy, reference: reference, outcome: outcome),
        count: times)
    }
  }
}
