extension Tokenizer {
  /// The text of tokens. Bytes that are not valid UTF-8, such as half a character, become U+FFFD.
  ///
  /// - Parameter skipSpecial: whether special tokens are left out, not written as their names.
  public func decode(_ ids: some Sequence<TokenID>, skipSpecial: Bool = true) -> String {
    String(decoding: decodeBytes(ids, skipSpecial: skipSpecial), as: UTF8.self)
  }

  /// The bytes of tokens; numbers outside the vocabulary have none.
  public func decodeBytes(_ ids: some Sequence<TokenID>, skipSpecial: Bool = true) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids {
      guard special.indices.contains(Int(id)), !(skipSpecial && special[Int(id)]) else { continue }
      bytes.append(contentsOf: text[Int(starts[Int(id)])..<Int(starts[Int(id) + 1])])
    }
    return bytes
  }
}
