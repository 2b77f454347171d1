import Feedback

/// Changes to a file such as damage and malice make them; the same seed gives the same changes.
struct Mutator {
  private var random: SplitMix64

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
  }

  /// Numbers at which lengths, counts and offsets go wrong.
  private static let numbers: [UInt64] = [
    0, 1, 2, 7, 8, 9, 31, 32, 33, 255, 256, 0xFFFF, 1 << 31 - 1, 1 << 31, 0xFFFF_FFFF, 1 << 32,
    1 << 40, 1 << 61, 1 << 62, 1 << 63 - 1, 1 << 63, .max - 31, .max - 7, .max,
  ]

  /// A file with one to four changes.
  mutating func mutate(_ file: [UInt8]) -> [UInt8] {
    var bytes = file
    for _ in 0...below(4) where !bytes.isEmpty { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = place(in: bytes)
    switch below(8) {
    case 0:
      bytes[place] ^= 1 << UInt8(below(8))
    case 1:
      bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 2, 3:
      overwrite(&bytes, at: place, with: Self.numbers[below(Self.numbers.count)], width: 8)
    case 4:
      overwrite(&bytes, at: place, with: Self.numbers[below(Self.numbers.count)], width: 4)
    case 5:
      // A digit: the numbers of a JSON header.
      let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
      if !digits.isEmpty { bytes[digits[below(digits.count)]] = UInt8(0x30 + below(10)) }
    case 6:
      bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(40)))
    default:
      let end = min(bytes.count, place + 1 + below(40))
      bytes.insert(contentsOf: bytes[place..<end], at: self.place(in: bytes))
    }
  }

  /// A position: in the first part of the file, where its header is, more often than elsewhere.
  private mutating func place(in bytes: [UInt8]) -> Int {
    below(below(3) == 0 ? bytes.count : min(bytes.count, 1 << (3 + below(9))))
  }

  private func overwrite(_ bytes: inout [UInt8], at place: Int, with number: UInt64, width: Int) {
    for index in 0..<min(width, bytes.count - place) {
      bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))
    }
  }

  private mutating func below(_ bound: Int) -> Int {
    Int(random.next() % UInt64(bound))
  }
}
