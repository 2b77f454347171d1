/// The tokens that a draw chooses among, which are taken from the likeliest down; and the weights of
/// the whole vocabulary.
///
/// Its memory has room for every token from the start, so that no draw allocates.
final class Candidates {
  /// One weight for each token of the vocabulary, for the caller to fill.
  let weights: UnsafeMutableBufferPointer<Float>
  private let places: UnsafeMutablePointer<Candidate>
  /// The number of candidates.
  private(set) var count = 0
  /// How many have been taken: they lie at the end of ``places``, the likeliest last. Before them lie
  /// the others: no order at first, a heap once one has been taken.
  private var taken = 0

  private struct Candidate {
    var weight: Float
    var token: Int32

    /// Equal weights are ordered by token.
    func precedes(_ other: Candidate) -> Bool {
      weight != other.weight ? weight > other.weight : token < other.token
    }
  }

  init(vocabularySize: Int) {
    weights = .allocate(capacity: vocabularySize)
    weights.initialize(repeating: 0)
    places = .allocate(capacity: vocabularySize)
  }

  deinit {
    weights.deallocate()
    places.deallocate()
  }

  /// Makes the tokens of at least so much weight the candidates.
  ///
  /// - Returns: their weight together.
  func select(atLeast threshold: Float) -> Double {
    count = 0
    taken = 0
    var sum = 0.0
    for (token, weight) in weights.enumerated() where weight >= threshold {
      (places + count).initialize(to: Candidate(weight: weight, token: Int32(token)))
      count += 1
      sum += Double(weight)
    }
    return sum
  }

  /// The candidate of a rank, 0 for the likeliest.
  subscript(rank: Int) -> (token: Int, weight: Double) {
    while taken <= rank { takeNext() }
    let candidate = places[count - 1 - rank]
    return (Int(candidate.token), Double(candidate.weight))
  }

  /// The weight of the candidates of the ranks below `end` together.
  func weight(below end: Int) -> Double {
    (0..<end).reduce(0) { $0 + self[$1].weight }
  }

  private func takeNext() {
    if taken == 0 {
      for parent in (0..<count / 2).reversed() { sink(parent, within: count) }
    }
    taken += 1
    let last = count - taken
    (places[0], places[last]) = (places[last], places[0])
    sink(0, within: last)
  }

  /// Moves a candidate down the heap of the first `end` until none below it precedes it.
  private func sink(_ start: Int, within end: Int) {
    let candidate = places[start]
    var parent = start
    while true {
      var child = 2 * parent + 1
      guard child < end else { break }
      if child + 1 < end, places[child + 1].precedes(places[child]) { child += 1 }
      guard places[child].precedes(candidate) else { break }
      places[parent] = places[child]
      parent = child
    }
    places[parent] = candidate
  }
}
