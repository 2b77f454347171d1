/// The printable characters under which byte-level vocabularies write the 256 bytes, as GPT-2's
/// `bytes_to_unicode` defines them: a byte that prints in Latin-1 stands for itself, the others
/// follow from U+0100 on.
enum ByteAlphabet {
  /// The character of each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(next)!
      }
    }
  }()

  /// The byte of each character below U+0180; -1 for characters outside the alphabet.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x180)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
    return bytes
  }()

  /// Appends the bytes that a vocabulary's text stands for; false when it holds a character outside
  /// the alphabet.
  static func decode(_ text: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Bool {
    var index = 0
    while index < text.count {
      // Every character of the alphabet takes one byte in UTF-8, or two.
      let first = text[index]
      let value: Int
      if first < 0x80 {
        value = Int(first)
        index += 1
      } else {
        guard first & 0xE0 == 0xC0, index + 1 < text.count else { return false }
        value = Int(first & 0x1F) << 6 | Int(text[index + 1] & 0x3F)
        index += 2
      }
      guard value < bytes.count, bytes[value] >= 0 else { return false }
      output.append(UInt8(bytes[value]))
    }
    return true
  }
}
