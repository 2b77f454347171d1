/// How text is cut into words before merges happen, by its name in a model file.
///
/// The patterns are those of the models' tokenizers:
/// - `gpt2`:
///   `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
/// - `smolLM`: first every number character (`\p{N}`) stands alone; between them GPT-2's pattern holds,
///   where a number ends the text as far as the look-ahead is concerned
/// - `llama3`: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}`
///   `| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
/// - `qwen2`: the same with `\p{N}` for one number character
enum PreTokenizer: Sendable {
  case smolLM, gpt2, llama3, qwen2

  /// The names in `tokenizer.ggml.pre`; llama.cpp has written more than one for some.
  static let names: [(name: String, preTokenizer: PreTokenizer)] = [
    ("smollm", .smolLM), ("gpt-2", .gpt2), ("gpt2", .gpt2), ("llama-bpe", .llama3),
    ("llama-v3", .llama3), ("llama3", .llama3), ("qwen2", .qwen2),
  ]

  init?(name: String) {
    guard let known = PreTokenizer.names.first(where: { $0.name == name }) else { return nil }
    self = known.preTokenizer
  }

  /// Whether a word that is in the vocabulary becomes that token, whatever the merges make of it.
  var takesWholeWords: Bool { self == .llama3 }
}
