/// Text to tokens and back: byte-level byte-pair encoding with the vocabulary and merges of a model
/// file.
public struct Tokenizer: Sendable {
  /// The token that ends a turn.
  public let endToken: TokenID
  /// The number of tokens.
  public var vocabularySize: Int { special.count }

  /// A token that is recognised in text only on request, such as `<|im_end|>`.
  struct SpecialToken: Sendable {
    var text: [UInt8]
    var token: TokenID
  }

  /// The bytes of all tokens one after another, and where each begins.
  let text: [UInt8]
  let starts: [Int32]
  /// Whether a token is special.
  let special: [Bool]
  /// The special tokens by the first byte of their text, the longest first.
  let specialTokens: [UInt8: [SpecialToken]]
  /// The token of each byte; -1 for a byte that the vocabulary cannot write.
  let byteTokens: [TokenID]
  let merges: MergeTable

  /// The pre-tokenizers that are implemented, by their names in GGUF.
  public static let supportedPreTokenizers = ["smollm"]

  /// Builds the tokenizer of a model file.
  ///
  /// - Throws: ``LanguageModelError`` when it is of another kind, or its tables do not fit.
  public init(gguf: GGUFFile) throws(LanguageModelError) {
    let path = gguf.path
    try Tokenizer.checkKind(of: gguf)
    guard let tokens = gguf.byteStrings("tokenizer.ggml.tokens"), !tokens.isEmpty,
      let types = gguf.integers("tokenizer.ggml.token_type"), types.count == tokens.count,
      tokens.count <= Int32.max / 2
    else {
      throw LanguageModelError(
        "\(path): lacks the tokenizer's tokens or their types; it is not a complete model")
    }
    if let embedding = gguf.tensors["token_embd.weight"], embedding.rows < tokens.count {
      throw LanguageModelError(
        "\(path): has \(tokens.count) tokens but embeddings for \(embedding.rows); the file is "
          + "damaged, fetch it again"
      )
    }

    var text: [UInt8] = []
    var starts: [Int32] = [0]
    var special: [Bool] = []
    var specialTokens: [UInt8: [SpecialToken]] = [:]
    var byteTokens = [TokenID](repeating: -1, count: 256)
    for (index, token) in tokens.enumerated() {
      let start = text.count
      // GGUF's token types: 1 is normal, 3 control, 4 user-defined; other texts stand as they are.
      if types[index] != 1 || !ByteAlphabet.decode(token, into: &text) {
        text.removeSubrange(start...)
        text.append(contentsOf: token)
      }
      guard text.count <= Int32.max else {
        throw LanguageModelError("\(path): has tokens of more than 2 GB; the file is damaged")
      }
      starts.append(Int32(text.count))
      special.append(types[index] != 1)
      if types[index] == 3 || types[index] == 4, let first = token.first {
        specialTokens[first, default: []].append(
          SpecialToken(text: Array(token), token: TokenID(index)))
      } else if types[index] == 1, text.count == start + 1 {
        byteTokens[Int(text[start])] = TokenID(index)
      }
    }
    for first in specialTokens.keys {
      specialTokens[first]!.sort { $0.text.count > $1.text.count }
    }
    self.text = text
    self.starts = starts
    self.special = special
    self.specialTokens = specialTokens
    self.byteTokens = byteTokens
    merges = try Tokenizer.readMerges(of: gguf, tokens: tokens)

    let end =
      gguf.integer("tokenizer.ggml.eot_token_id") ?? gguf.integer("tokenizer.ggml.eos_token_id")
    guard let end, tokens.indices.contains(end) else {
      throw LanguageModelError(
        "\(path): does not name the token that ends a turn (tokenizer.ggml.eos_token_id)")
    }
    endToken = TokenID(end)
  }

  private static func checkKind(of gguf: GGUFFile) throws(LanguageModelError) {
    let model = gguf.string("tokenizer.ggml.model") ?? "none"
    guard model == "gpt2" else {
      throw LanguageModelError(
        "\(gguf.path): has a tokenizer of kind '\(model)'; supported: gpt2 (byte-level BPE)")
    }
    let pre = gguf.string("tokenizer.ggml.pre") ?? "none"
    guard supportedPreTokenizers.contains(pre) else {
      let supported = supportedPreTokenizers.joined(separator: ", ")
      throw LanguageModelError(
        "\(gguf.path): has the pre-tokenizer '\(pre)'; supported: \(supported)")
    }
  }

  /// A token's text in the file, as a dictionary's key.
  private struct Text: Hashable {
    var bytes: UnsafeRawBufferPointer

    static func == (a: Text, b: Text) -> Bool { a.bytes.elementsEqual(b.bytes) }
    func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }
  }

  private static func readMerges(
    of gguf: GGUFFile, tokens: [UnsafeRawBufferPointer]
  ) throws(LanguageModelError) -> MergeTable {
    guard let texts = gguf.byteStrings("tokenizer.ggml.merges") else {
      throw LanguageModelError(
        "\(gguf.path): lacks the tokenizer's merges; it is not a complete model")
    }
    var ids: [Text: TokenID] = [:]
    ids.reserveCapacity(tokens.count)
    for (index, token) in tokens.enumerated() { ids[Text(bytes: token)] = TokenID(index) }

    var table = MergeTable(count: texts.count)
    var joined: [UInt8] = []
    for (rank, text) in texts.enumerated() {
      // The two halves stand around a space, which no half contains.
      let space = text.firstIndex(of: UInt8(ascii: " ")) ?? 0
      let left = UnsafeRawBufferPointer(rebasing: text[..<space])
      let right = UnsafeRawBufferPointer(rebasing: text.dropFirst(space + 1))
      joined.removeAll(keepingCapacity: true)
      joined.append(contentsOf: left)
      joined.append(contentsOf: right)
      let token = joined.withUnsafeBytes { ids[Text(bytes: $0)] }
      guard let left = ids[Text(bytes: left)], let right = ids[Text(bytes: right)], let token else {
        throw LanguageModelError(
          "\(gguf.path): merge \(rank + 1) of the tokenizer names a token that is not in the "
            + "vocabulary; the file is damaged, fetch it again"
        )
      }
      table.add(left, right, MergeTable.Merge(rank: UInt32(rank), token: token))
    }
    return table
  }
}
