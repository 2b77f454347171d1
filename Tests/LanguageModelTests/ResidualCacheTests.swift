import Feedback
import Testing

@testable import LanguageModel

/// What is kept of the residual stream, and what goes when there is no room.
struct ResidualCacheTests {
  private let width = 3

  private func cache(rows: Int) -> ResidualCache {
    ResidualCache(width: width, bytes: rows * width * MemoryLayout<Float>.stride)
  }

  /// A key of its own for each number.
  private func key(_ number: Int) -> ResidualCache.Key {
    ResidualCache.Key(
      sequence: PackedSequence(prompt: [TokenID(number)], completions: []), withoutLast: false,
      layer: 1,
      arithmetic: .codes)
  }

  /// Keeps a stream that is recognised by its number.
  private func keep(_ number: Int, rows: Int, in cache: ResidualCache) throws {
    var values = (0..<rows * width).map { Float(1000 * number + $0) }
    try values.withUnsafeMutableBufferPointer {
      try cache.keep(Matrix($0.baseAddress!, rows, width), for: key(number))
    }
  }

  /// Whether a number's stream is there; what is there must be what was kept.
  private func holds(_ number: Int, rows: Int, in cache: ResidualCache) -> Bool {
    var values = [Float](repeating: -1, count: rows * width)
    let found = values.withUnsafeMutableBufferPointer {
      cache.read(key(number), into: Matrix($0.baseAddress!, rows, width))
    }
    #expect(
      values == (0..<rows * width).map { found ? Float(1000 * number + $0) : -1 }, "\(number)")
    return found
  }

  @Test func `the least recently used goes first`() throws {
    let cache = cache(rows: 10)
    try keep(1, rows: 4, in: cache)
    try keep(2, rows: 4, in: cache)
    #expect(holds(1, rows: 4, in: cache))
    try keep(3, rows: 6, in: cache)
    #expect(!holds(2, rows: 4, in: cache))
    #expect(holds(1, rows: 4, in: cache))
    #expect(holds(3, rows: 6, in: cache))
    try keep(4, rows: 10, in: cache)
    #expect(!holds(1, rows: 4, in: cache))
    #expect(!holds(3, rows: 6, in: cache))
    #expect(holds(4, rows: 10, in: cache))
  }

  @Test func `what is larger than the cache is not kept and pushes nothing out`() throws {
    let cache = cache(rows: 10)
    try keep(1, rows: 10, in: cache)
    try keep(2, rows: 11, in: cache)
    #expect(holds(1, rows: 10, in: cache))
    #expect(!holds(2, rows: 11, in: cache))
    let none = self.cache(rows: 0)
    try keep(1, rows: 1, in: none)
    #expect(!holds(1, rows: 1, in: none))
  }

  /// Against a list in the order of use.
  @Test func `sequences of any length lie side by side`() throws {
    let capacity = 50
    let cache = cache(rows: capacity)
    var random = SplitMix64(seed: 3)
    let rows = (0..<20).map { _ in Int.random(in: 1...20, using: &random) }
    var expected: [Int] = []
    for _ in 0..<2000 {
      let number = Int.random(in: 0..<rows.count, using: &random)
      let found = holds(number, rows: rows[number], in: cache)
      #expect(found == expected.contains(number))
      expected.removeAll { $0 == number }
      expected.append(number)
      if !found {
        try keep(number, rows: rows[number], in: cache)
        while expected.reduce(0, { $0 + rows[$1] }) > capacity { expected.removeFirst() }
      }
    }
  }
}
