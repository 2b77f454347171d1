import Feedback

/// The record indices of each step: file order and around again, or a new shuffle each epoch. The last,
/// smaller batch of an epoch is kept.
public struct BatchOrder: Sendable {
  private let records: Int
  private let batch: Int
  private let shuffle: Bool
  private var random: SplitMix64
  private var order: [Int]
  private var next = 0

  public init(records: Int, batch: Int, shuffle: Bool, seed: UInt64) {
    self.records = records
    self.batch = batch
    self.shuffle = shuffle
    random = SplitMix64(seed: seed)
    order = Array(0..<records)
    if shuffle { order.shuffle(using: &random) }
  }

  /// The next step's records.
  public mutating func nextBatch() -> ArraySlice<Int> {
    if next >= records {
      next = 0
      if shuffle { order.shuffle(using: &random) }
    }
    let end = min(next + batch, records)
    defer { next = end }
    return order[next..<end]
  }
}
