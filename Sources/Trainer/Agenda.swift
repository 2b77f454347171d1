/// What there is to do, most urgent first: the trainer works on one job at a time.
enum Job: Sendable, Equatable {
  /// A slate is wanted: a labeler waits, or the queue of ready slates is short.
  case generate(urgent: Bool)
  case learnReward
  case learnPolicy
  /// Replace a queued slate that nobody has seen and that an older policy wrote.
  case refresh(slate: Int64)
}

/// What the trainer knows when it chooses its next job.
struct Situation: Sendable, Equatable {
  /// Labelers with an open workstation.
  var labelers = 0
  /// Labelers who are looking at an unfinished slate or at none.
  var waiting = 0
  /// Slates that are ready and that nobody has claimed.
  var ready = 0
  /// Whether there is a prompt to make a slate of.
  var hasPrompts = true
  var unlearntForReward = 0
  var unlearntForPolicy = 0
  /// Ready slates written by an older policy than the current one, oldest first.
  var stale: [Int64] = []
}

enum Agenda {
  /// Ready slates kept for each labeler.
  static let slatesPerLabeler = 2

  /// Slates wanted when no workstation is open: the next one opens on candidates at once.
  static let slatesWhenAlone = 1

  /// The next job, nil when there is nothing to do.
  static func next(_ situation: Situation, prepares: Bool) -> Job? {
    let wanted = max(situation.labelers * slatesPerLabeler, slatesWhenAlone)
    if situation.hasPrompts, prepares || situation.labelers > 0 {
      if situation.waiting > situation.ready { return .generate(urgent: true) }
      // One slate in hand for each labeler comes before learning; the rest after it.
      if situation.ready < max(situation.labelers, 1) { return .generate(urgent: false) }
    }
    if situation.unlearntForReward > 0 { return .learnReward }
    if situation.unlearntForPolicy > 0 { return .learnPolicy }
    if situation.hasPrompts, prepares || situation.labelers > 0 {
      if situation.ready < wanted { return .generate(urgent: false) }
      if let slate = situation.stale.first { return .refresh(slate: slate) }
    }
    return nil
  }

  /// Whether a labeler's wait should interrupt learning.
  static func isUrgent(_ situation: Situation) -> Bool {
    situation.hasPrompts && situation.waiting > situation.ready
  }
}
