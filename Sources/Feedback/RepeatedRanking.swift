/// The same completions ranked twice by one labeler: the tier of each, the first time and the second.
public struct RepeatedRanking: Sendable, Hashable {
  public var first: [Int]
  /// In the order of `first`.
  public var second: [Int]

  public init(first: [Int], second: [Int]) {
    precondition(first.count == second.count)
    self.first = first
    self.second = second
  }

  /// Of the pairs that are strict both times, how many are in the same order.
  public var agreement: PairCount {
    var count = PairCount(correct: 0, total: 0)
    for one in first.indices {
      for other in first.indices.dropFirst(one + 1) {
        let signs = (first[other] - first[one]).signum() * (second[other] - second[one]).signum()
        if signs != 0 { count.total += 1 }
        if signs > 0 { count.correct += 1 }
      }
    }
    return count
  }
}
