/// Text to tokens and back: byte-level byte-pair encoding with the vocabulary and merges of a model
/// file.
public struct Tokenizer: Sendable {
  /// The token that ends a turn: the file's, unless the model's chat template ends turns with another.
  public internal(set) var endToken: TokenID
  /// The number of tokens.
  public var vocabularySize: Int { special.count }

  /// A token that is no result of merges.
  struct SpecialToken: Sendable {
    var text: [UInt8]
    var token: TokenID
    /// Whether it is recognised in text only on request, such as `<|im_end|>`; others, such as Qwen3's
    /// `<think>`, are words like any.
    var isControl: Bool
  }

  /// The bytes of all tokens one after another, and where each begins.
  let text: [UInt8]
  let starts: [Int32]
  /// Whether a token is a mark, not text: its name is no part of what a model says.
  private(set) var special: [Bool]
  /// The special tokens by the first byte of their text, the longest first.
  private(set) var specialTokens: [UInt8: [SpecialToken]]
  /// Whether some of them are words of plain text.
  private(set) var hasSpecialWords = false
  /// The token of each byte; -1 for a byte that the vocabulary cannot write.
  let byteTokens: [TokenID]
  let merges: MergeTable
  let preTokenizer: PreTokenizer
  /// The token of each word that is one whatever the merges make of it; empty unless the
  /// pre-tokenizer asks for that.
  let wholeWords: [[UInt8]: TokenID]

  /// The pre-tokenizers that are implemented, by their names in GGUF.
  public static let supportedPreTokenizers = PreTokenizer.names.map(\.name)

  /// Builds the tokenizer of a model file.
  ///
  /// - Throws: ``LanguageModelError`` when it is of another kind, or its tables do not fit.
  public init(gguf: GGUFFile) throws(LanguageModelError) {
    let path = gguf.path
    preTokenizer = try Tokenizer.preTokenizer(of: gguf)
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
    var wholeWords: [[UInt8]: TokenID] = [:]
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
      special.append(types[index] != 1 && types[index] != 4)
      if types[index] == 3 || types[index] == 4, let first = token.first {
        specialTokens[first, default: []].append(
          SpecialToken(
            text: Array(token), token: TokenID(index), isControl: types[index] == 3))
      } else if types[index] == 1 {
        if text.count == start + 1 { byteTokens[Int(text[start])] = TokenID(index) }
        if preTokenizer.takesWholeWords { wholeWords[Array(text[start...])] = TokenID(index) }
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
    self.wholeWords = wholeWords
    merges = try Tokenizer.readMerges(of: gguf, tokens: tokens)

    let end =
      gguf.integer("tokenizer.ggml.eot_token_id") ?? gguf.integer("tokenizer.ggml.eos_token_id")
    guard let end, tokens.indices.contains(end) else {
      throw LanguageModelError(
        "\(path): does not name the token that ends a turn (tokenizer.ggml.eos_token_id)")
    }
    endToken = TokenID(end)
    noteSpecialWords()
  }

  private mutating func noteSpecialWords() {
    hasSpecialWords = specialTokens.values.contains { $0.contains { !$0.isControl } }
  }

  /// Makes the special tokens that a chat template writes control tokens, whatever the file calls
  /// them, and the one that ends a turn the end token.
  mutating func adopt(_ template: ChatTemplate) {
    for text in template.specialTokens.map({ Array($0.utf8) }) {
      guard let first = text.first, var tokens = specialTokens[first] else { continue }
      for index in tokens.indices where tokens[index].text == text {
        tokens[index].isControl = true
        special[Int(tokens[index].token)] = true
      }
      specialTokens[first] = tokens
    }
    noteSpecialWords()
    if let token = specialToken(template.end) { endToken = token }
  }

  private static func preTokenizer(
    of gguf: GGUFFile
  ) throws(LanguageModelError) -> PreTokenizer {
    let model = gguf.string("tokenizer.ggml.model") ?? "none"
    guard model == "gpt2" else {
      throw LanguageModelError(
        "\(gguf.path): has a tokenizer of kind '\(model)'; supported: gpt2 (byte-level BPE)")
    }
    let pre = gguf.string("tokenizer.ggml.pre") ?? "none"
    guard let preTokenizer = PreTokenizer(name: pre) else {
      let supported = supportedPreTokenizers.joined(separator: ", ")
      throw LanguageModelError(
        "\(gguf.path): has the pre-tokenizer '\(pre)'; supported: \(supported)")
    }
    return preTokenizer
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
