/// An ordering of a slate's completions into tiers, best first; completions of one tier are tied.
public struct Ranking: Codable, Sendable, Hashable {
  /// Completion ids, tier 1 first; no tier is empty and no id stands twice.
  public let tiers: [[Int64]]

  /// What makes a list of tiers no ranking of a slate.
  public enum Invalid: Error, Hashable, CustomStringConvertible {
    case emptyTier(Int)
    case repeated(Int64)
    case missing([Int64])
    case unknown([Int64])

    public var description: String {
      switch self {
      case .emptyTier(let tier): "tier \(tier) is empty"
      case .repeated(let id): "completion \(id) stands in the ranking twice"
      case .missing(let ids): "the ranking leaves out \(list(ids))"
      case .unknown(let ids): "the ranking names \(list(ids)), which the slate does not hold"
      }
    }

    private func list(_ ids: [Int64]) -> String {
      ids.count == 1
        ? "completion \(ids[0])" : "completions \(ids.map(String.init).joined(separator: ", "))"
    }
  }

  /// A ranking of exactly the given completions.
  ///
  /// - Throws: ``Invalid`` when a tier is empty, an id is repeated, missing or unknown.
  public init(tiers: [[Int64]], of completions: some Collection<Int64>) throws(Invalid) {
    var seen = Set<Int64>()
    for (index, tier) in tiers.enumerated() {
      if tier.isEmpty { throw .emptyTier(index + 1) }
      for id in tier where !seen.insert(id).inserted { throw .repeated(id) }
    }
    let expected = Set(completions)
    let unknown = seen.subtracting(expected)
    if !unknown.isEmpty { throw .unknown(unknown.sorted()) }
    let missing = expected.subtracting(seen)
    if !missing.isEmpty { throw .missing(missing.sorted()) }
    self.tiers = tiers
  }

  /// A ranking from a tier number for each completion, 1 best; gaps between numbers close up.
  public init(tierNumbers: [(completion: Int64, tier: Int)]) throws(Invalid) {
    let grouped = Dictionary(grouping: tierNumbers, by: \.tier)
    let tiers = grouped.keys.sorted().map { key in grouped[key]!.map(\.completion) }
    try self.init(tiers: tiers, of: tierNumbers.map(\.completion))
  }

  /// The tier of each completion, 1 best.
  public var tierNumbers: [Int64: Int] {
    var numbers: [Int64: Int] = [:]
    for (index, tier) in tiers.enumerated() {
      for id in tier { numbers[id] = index + 1 }
    }
    return numbers
  }

  /// Every strict pair; ties give none.
  public var comparisons: [Comparison] {
    var pairs: [Comparison] = []
    for (index, tier) in tiers.enumerated() {
      for preferred in tier {
        for lower in tiers[(index + 1)...] {
          for rejected in lower {
            pairs.append(Comparison(preferred: preferred, rejected: rejected))
          }
        }
      }
    }
    return pairs
  }
}

/// One strict pair derived from a ranking.
public struct Comparison: Sendable, Hashable {
  public var preferred: Int64
  public var rejected: Int64

  public init(preferred: Int64, rejected: Int64) {
    self.preferred = preferred
    self.rejected = rejected
  }

  /// Whether the scores put the preferred completion strictly above the rejected one.
  public func isPredicted(by scores: [Int64: Float]) -> Bool {
    guard let high = scores[preferred], let low = scores[rejected] else { return false }
    return high > low
  }
}
