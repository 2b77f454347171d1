/// Rows of numbers of different lengths, one for each completion of a batch in its order.
///
/// They lie one after another in memory that is kept when they are removed, so that a value used again
/// and again allocates nothing.
public struct RaggedRows: Sendable, Equatable, RandomAccessCollection {
  /// All rows, one after another.
  public private(set) var values: [Float] = []
  private var ends: [Int] = []

  public init() {}

  public init(_ rows: [[Float]]) {
    for row in rows { append(row[...]) }
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { ends.count }

  public subscript(row: Int) -> ArraySlice<Float> { values[range(of: row)] }

  /// Where a row is among ``values``.
  public func range(of row: Int) -> Range<Int> {
    (row == 0 ? 0 : ends[row - 1])..<ends[row]
  }

  /// Whether both have rows of the same lengths.
  public func hasShape(of other: RaggedRows) -> Bool { ends == other.ends }

  /// Removes all rows and keeps their memory.
  public mutating func removeAll() {
    values.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// Appends a row.
  public mutating func append(_ row: ArraySlice<Float>) {
    values.append(contentsOf: row)
    ends.append(values.count)
  }

  /// Appends a row of `count` equal values.
  public mutating func append(repeating value: Float, count: Int) {
    for _ in 0..<count { values.append(value) }
    ends.append(values.count)
  }

  mutating func append(_ row: UnsafeBufferPointer<Float>) {
    values.append(contentsOf: row)
    ends.append(values.count)
  }

  /// Appends a value to the row that ``endRow()`` will close.
  public mutating func append(_ value: Float) { values.append(value) }

  /// Closes the row whose values have been appended one by one.
  public mutating func endRow() { ends.append(values.count) }

  /// Adds `factor` times `other`, which is as long, to a row.
  public mutating func add(_ other: [Float], times factor: Float, to row: Int) {
    let range = range(of: row)
    precondition(other.count == range.count, "a row of another length")
    for (index, value) in zip(range, other) { values[index] += factor * value }
  }
}
