/// Applies the merges to one word after another, with memory that is reused between them.
///
/// The pairs that could merge wait in a binary heap, lowest rank and then leftmost first, so that a
/// word of n bytes takes n log n steps however long it is.
struct WordMerger {
  private struct Symbol {
    var token: TokenID
    var previous: Int32
    var next: Int32
  }

  /// A pair that could merge when it was put in the heap.
  private struct Candidate {
    /// Rank in the upper half, index of the left symbol in the lower.
    var order: UInt64
    var left: TokenID
    var right: TokenID
    var merged: TokenID
  }

  private var symbols: [Symbol] = []
  private var heap: [Candidate] = []

  /// Appends the tokens of a word, given as the tokens of its bytes.
  mutating func append(
    _ word: some Sequence<TokenID>, merges: MergeTable, to output: inout [TokenID]
  ) {
    symbols.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
    for token in word {
      let index = Int32(symbols.count)
      symbols.append(Symbol(token: token, previous: index - 1, next: index + 1))
    }
    guard !symbols.isEmpty else { return }
    symbols[symbols.count - 1].next = -1
    for index in symbols.indices.dropLast() { propose(Int32(index), merges) }

    while let candidate = popFirst() {
      let left = Int32(truncatingIfNeeded: candidate.order & 0xFFFF_FFFF)
      let right = symbols[Int(left)].next
      guard symbols[Int(left)].token == candidate.left, right >= 0,
        symbols[Int(right)].token == candidate.right
      else { continue }
      symbols[Int(left)].token = candidate.merged
      let after = symbols[Int(right)].next
      symbols[Int(left)].next = after
      symbols[Int(right)].token = -1
      if after >= 0 {
        symbols[Int(after)].previous = left
        propose(left, merges)
      }
      let before = symbols[Int(left)].previous
      if before >= 0 { propose(before, merges) }
    }

    var index: Int32 = 0
    while index >= 0 {
      output.append(symbols[Int(index)].token)
      index = symbols[Int(index)].next
    }
  }

  /// Puts a symbol and its successor in the heap when they can merge.
  private mutating func propose(_ index: Int32, _ merges: MergeTable) {
    let left = symbols[Int(index)]
    let right = symbols[Int(left.next)]
    guard let merge = merges.merge(left.token, right.token) else { return }
    var child = heap.count
    heap.append(
      Candidate(
        order: UInt64(merge.rank) << 32 | UInt64(index), left: left.token, right: right.token,
        merged: merge.token))
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].order < heap[parent].order else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func popFirst() -> Candidate? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return first }
      if child + 1 < heap.count, heap[child + 1].order < heap[child].order { child += 1 }
      guard heap[child].order < heap[parent].order else { return first }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
