/// What there is to do: the trainer does one piece of work at a time.
enum Work: Sendable, Equatable {
  /// A slate is wanted: a labeler waits, or the queue of ready slates is short.
  case generate(urgent: Bool)
  /// Learn what one more demonstration answers, for the reward model to read prompts by.
  case imitate
  case learnReward
  case learnPolicy
  /// Replace a queued slate that nobody has seen and that an older policy wrote.
  case refresh(slate: Int64)
  /// Make the policy anew, by what the reward model is sure of.
  case refit
  /// Let the policy learn more from earlier labels and its own draws.
  case practise
}

/// What the trainer knows when it chooses its next job.
struct Situation: Sendable, Equatable {
  /// Labelers with an open workstation.
  var labelers = 0
  /// Labelers who have no slate to work on.
  var waiting = 0
  /// Slates that are ready and that nobody has claimed.
  var ready = 0
  /// Whether there is a prompt to make a slate of.
  var hasPrompts = true
  /// Demonstrations that are not imitated yet.
  var unimitated = 0
  var unlearntForReward = 0
  var unlearntForPolicy = 0
  /// Ready slates written by an older policy than the current one, oldest first.
  var stale: [Int64] = []
  /// Whether enough labels have come in since the policy was made anew.
  var canRefit = false
  /// Whether it is being made anew, which would have to begin again.
  var isRefitting = false
  /// Whether the policy is owed steps without a new label.
  var canPractise = false

  /// Whether there is work to end although nobody labels any more.
  var keepsOn: Bool { unlearntForReward > 0 || unlearntForPolicy > 0 || isRefitting }
}

enum Agenda {
  /// Ready slates kept for each labeler, and for the first one who will come.
  static let slatesPerLabeler = 2
  /// Demonstrations, so many, come before rankings, which are read by them; more, as after an import, wait for
  /// idle time.
  static let fewDemonstrations = 4

  /// The next piece of work, the most urgent first; nil when there is nothing to do.
  static func next(_ situation: Situation) -> Work? {
    let labelers = max(situation.labelers, 1)
    if isUrgent(situation) { return .generate(urgent: true) }
    // One slate in hand for each labeler comes before learning, the rest after it: a slate drawn
    // later is drawn from a better policy.
    if situation.hasPrompts, situation.ready < labelers { return .generate(urgent: false) }
    if 1...Self.fewDemonstrations ~= situation.unimitated { return .imitate }
    if situation.unlearntForReward > 0 { return .learnReward }
    if situation.unlearntForPolicy > 0 { return .learnPolicy }
    if situation.hasPrompts {
      if situation.ready < labelers * slatesPerLabeler { return .generate(urgent: false) }
      if let slate = situation.stale.first { return .refresh(slate: slate) }
    }
    if situation.unimitated > 0 { return .imitate }
    if situation.canRefit { return .refit }
    // Last: its draws are those that refreshed the queue.
    return situation.canPractise ? .practise : nil
  }

  /// Whether a labeler's wait should interrupt learning.
  static func isUrgent(_ situation: Situation) -> Bool {
    situation.hasPrompts && situation.waiting > situation.ready
  }
}
