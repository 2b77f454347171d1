import Feedback
import Foundation
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
    /// Base log-probability of each completion, once computed.
    var reference: [Double]?
    /// What the base says of each, once computed.
    var features: [[Float]]?
    /// The policy's preference loss when it last learnt from it.
    var loss: Double?

    mutating func reread(by reader: PromptReader) throws {
      features = try features.map { try reader.reread($0, prompt: example.prompt) }
    }
  }

  struct Demonstrated {
    var label: Int64
    var example: SupervisedExample
    /// The demonstration, first, preferred to each completion that its slate showed; alone where there was no slate,
    /// or one showed the same text.
    var compared: RankedExample
    /// What the reward model reads of those, once computed.
    var features: [[Float]]?
    /// The policy's loss per token when it last learnt from it.
    var loss: Double?
  }

  /// Rankings with strict pairs.
  private(set) var rankings: [Int64: Ranked] = [:]
  /// Rankings that are ties alone.
  private(set) var ties: [Int64: Ranked] = [:]
  private(set) var demonstrations: [Int64: Demonstrated] = [:]

  mutating func add(_ ranked: Ranked) {
    if ranked.example.pairs.isEmpty {
      ties[ranked.label] = ranked
    } else {
      rankings[ranked.label] = ranked
    }
  }
  mutating func add(_ demonstrated: Demonstrated) {
    demonstrations[demonstrated.label] = demonstrated
  }

  /// Forgets labels that were taken back.
  mutating func remove(_ labels: some Sequence<Int64>) {
    for label in labels {
      rankings[label] = nil
      ties[label] = nil
      demonstrations[label] = nil
    }
  }

  mutating func setReference(_ sums: [Double], label: Int64) {
    rankings[label]?.reference = sums
  }

  mutating func setFeatures(_ features: [[Float]], label: Int64) {
    rankings[label]?.features = features
    ties[label]?.features = features
  }

  mutating func setLoss(_ loss: Double, label: Int64) {
    rankings[label]?.loss = loss
    demonstrations[label]?.loss = loss
  }

  /// Reads anew what is asked for in all that was read.
  mutating func reread(by reader: PromptReader) throws {
    for label in rankings.keys { try rankings[label]!.reread(by: reader) }
    for label in ties.keys { try ties[label]!.reread(by: reader) }
    for label in demonstrations.keys {
      guard let rows = demonstrations[label]!.features else { continue }
      demonstrations[label]!.features = try reader.reread(
        rows, prompt: demonstrations[label]!.example.prompt)
    }
  }

  func features(ofRanking label: Int64) -> [[Float]]? {
    (rankings[label] ?? ties[label])?.features
  }

  mutating func setComparedFeatures(_ features: [[Float]], label: Int64) {
    demonstrations[label]?.features = features
  }

  func holds(_ label: Int64) -> Bool { teaches(label) || ties[label] != nil }

  /// Whether a label is there and says more than that all is the same.
  func teaches(_ label: Int64) -> Bool { rankings[label] != nil || demonstrations[label] != nil }

  /// The loss below which a ranking has been learnt.
  private static let learntLoss = 0.1

  /// Up to `count` rankings drawn at random, rather those that the policy has far to go to, and none that it has
  /// learnt.
  func unlearntRankings(
    _ count: Int, among allowed: Set<Int64>, random: inout SplitMix64
  ) -> [Ranked] {
    var left = rankings.values.filter { allowed.contains($0.label) }
      .sorted { $0.label < $1.label }
    // What no version of this process has learnt counts as at the start.
    var losses = left.map { $0.loss ?? log(2) }.map { $0 < Self.learntLoss ? 0 : $0 }
    var drawn: [Ranked] = []
    while drawn.count < count, let index = random.index(weights: losses) {
      drawn.append(left.remove(at: index))
      losses.remove(at: index)
    }
    return drawn
  }

  /// The loss per token, in nats, below which a demonstration has been learnt: it is likelier than what the base
  /// itself writes. Many more steps would have it learnt by heart.
  private static let learntLossPerToken = 1.0

  /// New demonstrations followed by up to `replayed` others drawn at random, none that the policy has learnt.
  func unlearntDemonstrations(
    new: [Int64], among allowed: Set<Int64>, replayed: Int, random: inout SplitMix64
  ) -> [Demonstrated] {
    let left = allowed.filter {
      demonstrations[$0]?.loss.map { $0 >= Self.learntLossPerToken } ?? true
    }
    return Self.mix(
      new: new, from: demonstrations, among: left, replayed: replayed, random: &random)
  }

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
