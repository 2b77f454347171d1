/// The byte-pair merges: which two tokens join into which, and how early.
///
/// A flat hash table with linear probing: a lookup is the inner step of encoding, and the keyed
/// hash of a dictionary would be most of its cost.
struct MergeTable: Sendable {
  struct Merge {
    /// Merges of lower rank happen first.
    var rank: UInt32
    var token: TokenID
  }

  private var keys: [UInt64]
  private var merges: [Merge]
  private let mask: Int
  private static let vacant = UInt64.max

  /// A table with room for `count` merges.
  init(count: Int) {
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    mask = capacity - 1
    keys = Array(repeating: MergeTable.vacant, count: capacity)
    merges = Array(repeating: Merge(rank: 0, token: 0), count: capacity)
  }

  /// Adds a merge; the first of two for one pair stays.
  mutating func add(_ left: TokenID, _ right: TokenID, _ merge: Merge) {
    let key = MergeTable.key(left, right)
    var slot = MergeTable.hash(key) & mask
    while keys[slot] != MergeTable.vacant {
      if keys[slot] == key { return }
      slot = (slot + 1) & mask
    }
    keys[slot] = key
    merges[slot] = merge
  }

  func merge(_ left: TokenID, _ right: TokenID) -> Merge? {
    let key = MergeTable.key(left, right)
    var slot = MergeTable.hash(key) & mask
    while keys[slot] != MergeTable.vacant {
      if keys[slot] == key { return merges[slot] }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private static func key(_ left: TokenID, _ right: TokenID) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private static func hash(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32)
  }
}
