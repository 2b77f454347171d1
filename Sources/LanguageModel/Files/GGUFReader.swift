/// A position in a GGUF file's header that never moves past the end of the file.
struct GGUFReader {
  let path: String
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(path: String, bytes: UnsafeRawBufferPointer) {
    self.path = path
    self.bytes = bytes
  }

  var remaining: Int { bytes.count - offset }

  /// Steps over `count` bytes and returns them.
  mutating func take(_ count: Int, for what: @autoclosure () -> String)
    throws(LanguageModelError) -> UnsafeRawBufferPointer
  {
    guard count >= 0, count <= remaining else {
      throw LanguageModelError(
        "\(path): ends inside \(what()); the file is truncated or damaged, fetch it again")
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  mutating func number<T: FixedWidthInteger>(
    _ type: T.Type, for what: @autoclosure () -> String
  ) throws(LanguageModelError) -> T {
    T(littleEndian: try take(MemoryLayout<T>.size, for: what()).loadUnaligned(as: T.self))
  }

  /// A 64-bit length or count of things of at least `size` bytes each, checked against what is left
  /// of the file before anything is allocated for them.
  mutating func count(ofSize size: Int, for what: @autoclosure () -> String)
    throws(LanguageModelError) -> Int
  {
    let value = try number(UInt64.self, for: what())
    guard value <= UInt64(remaining / size) else {
      throw LanguageModelError(
        "\(path): claims \(value) entries in \(what()), more than the file holds; it is truncated "
          + "or damaged, fetch it again"
      )
    }
    return Int(value)
  }

  /// The bytes of a string with its 64-bit length before it.
  mutating func stringBytes(for what: @autoclosure () -> String)
    throws(LanguageModelError) -> UnsafeRawBufferPointer
  {
    let length = try count(ofSize: 1, for: what())
    return try take(length, for: what())
  }

  mutating func string(for what: @autoclosure () -> String) throws(LanguageModelError) -> String {
    String(decoding: try stringBytes(for: what()), as: UTF8.self)
  }
}
