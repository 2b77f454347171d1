/// How many completions are drawn for a slate to choose from: more while a slow labeler leaves time for them.
struct BestOf {
  /// Seconds that a draw takes, the last slates counting most; nil while none was drawn.
  private var secondsPerDraw: Double?

  /// The share of a label's time that a slate may take: most of it is for learning.
  private static let share = 0.25
  /// How much the last slate counts.
  private static let newest = 0.3
  /// How many times as many as without a pace are drawn, at most.
  private static let most = 2

  /// Remembers how long a slate took.
  mutating func note(draws: Int, seconds: Double) {
    let new = seconds / Double(max(1, draws))
    secondsPerDraw = secondsPerDraw.map { $0 + Self.newest * (new - $0) } ?? new
  }

  /// The draws that the labelers' pace allows.
  ///
  /// - Parameters:
  ///   - least: what is drawn for a quick labeler too, as the policy learns from it.
  ///   - secondsPerLabel: the pace of all labelers together; nil while it is not known.
  func draws(least: Int, secondsPerLabel: Double?) -> Int {
    guard let secondsPerLabel, let secondsPerDraw, secondsPerDraw > 0 else { return least }
    let most = least * Self.most
    let allowed = min(Double(most), Self.share * secondsPerLabel / secondsPerDraw)
    return max(least, Int(allowed))
  }
}
