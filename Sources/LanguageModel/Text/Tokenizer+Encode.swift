extension Tokenizer {
  /// The tokens of a text.
  ///
  /// Text is taken as it is: no Unicode normalisation, so that it comes back exactly.
  ///
  /// - Parameter special: whether the text of a control token becomes that token. Only for text the
  ///   program itself made: in people's text it would let anyone forge a turn.
  public func encode(_ text: String, special: Bool = false) -> [TokenID] {
    var text = text
    return text.withUTF8 { encode($0, special: special) }
  }

  /// The tokens of bytes, which need not be valid UTF-8.
  ///
  /// Decoding gives the same bytes again, but for those that the vocabulary has no token for (in
  /// SmolLM2's: bytes that no text it was trained on had); as in its original, they are left out.
  public func encode(bytes: [UInt8], special: Bool = false) -> [TokenID] {
    bytes.withUnsafeBufferPointer { encode($0, special: special) }
  }

  /// The special token of exactly that text.
  public func specialToken(_ text: String) -> TokenID? {
    let bytes = Array(text.utf8)
    guard let first = bytes.first else { return nil }
    return specialTokens[first]?.first { $0.text == bytes }?.token
  }

  private func encode(_ bytes: UnsafeBufferPointer<UInt8>, special: Bool) -> [TokenID] {
    var output: [TokenID] = []
    var merger = WordMerger()
    guard special || hasSpecialWords else {
      appendPlain(bytes, with: &merger, to: &output)
      return output
    }
    var start = 0
    var index = 0
    while index < bytes.count {
      guard let found = matchSpecial(bytes, at: index, control: special) else {
        index += 1
        continue
      }
      appendPlain(UnsafeBufferPointer(rebasing: bytes[start..<index]), with: &merger, to: &output)
      output.append(found.token)
      index += found.text.count
      start = index
    }
    appendPlain(UnsafeBufferPointer(rebasing: bytes[start...]), with: &merger, to: &output)
    return output
  }

  /// The longest special token at a position, control tokens only if they are asked for.
  private func matchSpecial(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: Int, control: Bool
  ) -> SpecialToken? {
    guard let candidates = specialTokens[bytes[index]] else { return nil }
    return candidates.first {
      (control || !$0.isControl) && bytes[index...].starts(with: $0.text)
    }
  }

  private func appendPlain(
    _ bytes: UnsafeBufferPointer<UInt8>, with merger: inout WordMerger, to output: inout [TokenID]
  ) {
    var words = WordScanner(bytes, preTokenizer)
    while let word = words.next() {
      if !wholeWords.isEmpty, let token = wholeWords[Array(bytes[word])] {
        output.append(token)
        continue
      }
      let tokens = bytes[word].lazy.map { byteTokens[Int($0)] }.filter { $0 >= 0 }
      merger.append(tokens, merges: merges, to: &output)
    }
  }
}
