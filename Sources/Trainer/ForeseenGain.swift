import Learning

/// What there is likely to gain in answering a prompt, foreseen from what there was in answers to others.
struct ForeseenGain {
  /// What there was, for each prompt that was answered: how much better the best of the answers is than the
  /// policy's are on average.
  let gains: [Int64: Double]
  private let interest: PromptInterest?

  /// - Parameters:
  ///   - rollouts: oldest first; of those for the same prompt the newest counts.
  ///   - features: what is read of prompts, by their ids.
  init(_ rollouts: [Rollout], by probe: RewardProbe, features: [Int64: [Float]]) {
    gains = Dictionary(
      rollouts.map { ($0.promptID, $0.gain(by: probe)) }, uniquingKeysWith: { $1 })
    let known = gains.filter { features[$0.key] != nil }.sorted { $0.key < $1.key }
    interest = PromptInterest(
      features: known.map { features[$0.key]! }, outcomes: known.map(\.value))
  }

  /// The gain likely in a prompt with these features: 0 while nothing can be foreseen.
  func value(of prompt: [Float]) -> Double { interest?.value(of: prompt) ?? 0 }

  /// How often each of some prompts is to be answered: by the square of what there is to gain, and each at least
  /// some of the time.
  static func shares(_ values: [Double]) -> [Double] {
    let squares = values.map { max(0, $0) * max(0, $0) }
    let largest = squares.max() ?? 0
    return squares.map { largest > 0 ? max($0, largest * Self.least) : 1 }
  }

  /// The smallest share beside the largest.
  private static let least = 0.02
}
