import Feedback
import LanguageModel
import Learning

/// The labels as tokens, kept in memory so that replay reads nothing twice.
struct ExamplePool {
  /// A ranked slate in the three forms that training needs.
  struct Ranked {
    var label: Int64
    /// The stored tokens: what the policy's likelihood is of.
    var example: RankedExample
    /// The same with the end token where a completion was cut off: what the reward model reads.
    var ended: RankedExample
    /// The policy version that wrote each completion; 0 is the base.
    var versions: [Int64]
    /// Base log-probability of each completion, once computed.
    var reference: [Double]?
    /// What the base says of each, once computed.
    var features: [[Float]]?
  }

  struct Demonstrated {
    var label: Int64
    var example: SupervisedExample
    /// The demonstration, first, preferred to each completion that its slate showed; nil where there was no
    /// slate, or one showed the same text.
    var compared: RankedExample?
    /// What the reward model reads of those, once computed.
    var features: [[Float]]?
  }

  private(set) var rankings: [Int64: Ranked] = [:]
  private(set) var demonstrations: [Int64: Demonstrated] = [:]

  mutating func add(_ ranked: Ranked) { rankings[ranked.label] = ranked }
  mutating func add(_ demonstrated: Demonstrated) {
    demonstrations[demonstrated.label] = demonstrated
  }

  /// Forgets labels that were taken back.
  mutating func remove(_ labels: some Sequence<Int64>) {
    for label in labels {
      rankings[label] = nil
      demonstrations[label] = nil
    }
  }

  mutating func setReference(_ sums: [Double], label: Int64) {
    rankings[label]?.reference = sums
  }

  mutating func setFeatures(_ features: [[Float]], label: Int64) {
    rankings[label]?.features = features
  }

  mutating func setComparedFeatures(_ features: [[Float]], label: Int64) {
    demonstrations[label]?.features = features
  }

  func holds(_ label: Int64) -> Bool { rankings[label] != nil || demonstrations[label] != nil }

  /// New examples followed by up to `replayed` others drawn at random.
  static func mix<Example>(
    new: [Int64], from pool: [Int64: Example], among allowed: Set<Int64>, replayed: Int,
    random: inout SplitMix64
  ) -> [Example] {
    let old = pool.keys.filter { allowed.contains($0) && !new.contains($0) }.sorted()
    let drawn = old.shuffled(using: &random).prefix(replayed)
    return (new + drawn).compactMap { pool[$0] }
  }
}
