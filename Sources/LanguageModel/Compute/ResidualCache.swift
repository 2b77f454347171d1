/// The residual stream of packed sequences at the input of a layer, for as many sequences as fit; the
/// one that was used least recently goes first.
///
/// It lies row by row in one memory of fixed size, any free row after another, so that sequences of
/// different lengths leave no gaps. The system provides its pages as they are first written.
final class ResidualCache {
  /// What a residual stream depends on where no adapter has a part in it.
  struct Key: Hashable {
    var sequence: PackedSequence
    /// Whether the last token of each completion has no row.
    var withoutLast: Bool
    /// The layer whose input it is.
    var layer: Int
    var arithmetic: Arithmetic
  }

  private struct Entry {
    /// Where the sequence's rows lie in the memory.
    var rows: [Int]
    var lastUse: Int
  }

  private let width: Int
  private let capacity: Int
  private var memory: FloatMemory?
  private var free: [Int]
  private var entries: [Key: Entry] = [:]
  private var uses = 0

  /// - Parameters:
  ///   - width: the model's hidden size.
  ///   - bytes: the most that is kept.
  init(width: Int, bytes: Int) {
    self.width = width
    capacity = bytes / (width * MemoryLayout<Float>.stride)
    free = Array(0..<capacity)
  }

  /// Writes what is kept of a sequence to `stream`, `[rows, hidden]`.
  ///
  /// - Returns: whether there was anything.
  func read(_ key: Key, into stream: Matrix) -> Bool {
    guard let memory, let index = entries.index(forKey: key) else { return false }
    uses += 1
    entries.values[index].lastUse = uses
    for (row, place) in entries.values[index].rows.enumerated() {
      (stream.base + row * stream.stride).update(from: memory.base + place * width, count: width)
    }
    return true
  }

  /// Keeps a sequence's stream, `[rows, hidden]`, unless it is larger than the whole cache or there
  /// already.
  func keep(_ stream: Matrix, for key: Key) throws(LanguageModelError) {
    guard stream.rows <= capacity, entries[key] == nil else { return }
    if memory == nil { memory = try FloatMemory(count: capacity * width) }
    let base = memory!.base
    while free.count < stream.rows { removeLeastRecentlyUsed() }
    let rows = Array(free.suffix(stream.rows))
    free.removeLast(rows.count)
    uses += 1
    entries[key] = Entry(rows: rows, lastUse: uses)
    for (row, place) in rows.enumerated() {
      (base + place * width).update(from: stream.base + row * stream.stride, count: width)
    }
  }

  private func removeLeastRecentlyUsed() {
    guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
    free += oldest.value.rows
    entries[oldest.key] = nil
  }
}
