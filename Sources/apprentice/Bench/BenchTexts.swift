import Feedback
import LanguageModel

/// Prompts and completions of exactly so many tokens, of English words, each another text.
struct BenchTexts {
  private let model: LanguageModel
  /// What the chat template ends a prompt with.
  private let ending: [TokenID]

  init(model: LanguageModel) {
    self.model = model
    let (one, other) = (Self.rendered("One.", by: model), Self.rendered("Another", by: model))
    ending = Array(zip(one.reversed(), other.reversed()).prefix { $0 == $1 }.map(\.0).reversed())
  }

  /// A prompt as the chat template renders it, shortened in the middle of its text.
  ///
  /// - Parameter number: another number is another text, from its beginning on.
  func prompt(tokens count: Int, number: Int) -> [TokenID] {
    let whole = Self.rendered(Self.text(number: number, longerThan: count), by: model)
    return Array(whole.prefix(count - ending.count)) + ending
  }

  /// A completion with the end token at its end.
  func completion(tokens count: Int, number: Int) -> [TokenID] {
    let whole = model.tokenizer.encode(Self.text(number: number, longerThan: count))
    return Array(whole.prefix(count - 1)) + [model.tokenizer.endToken]
  }

  private static func rendered(_ text: String, by model: LanguageModel) -> [TokenID] {
    model.chatTemplate.encodePrompt(
      [Message(role: .user, content: text)], tokenizer: model.tokenizer)
  }

  /// Text that certainly has more tokens.
  private static func text(number: Int, longerThan tokens: Int) -> String {
    var random = SplitMix64(seed: UInt64(number))
    let sentences = (0...(tokens / 6)).map { _ in
      Self.sentences.randomElement(using: &random)!
    }
    return "Letter \(number). " + sentences.joined(separator: " ")
  }

  /// Each has at least six tokens.
  private static let sentences = [
    "The river was high after three days of rain, and nobody crossed it.",
    "She kept the seeds in a tin box under the stairs.",
    "What would you tell a friend who has just moved to a new town?",
    "Bread needs flour, water, salt and a good deal of patience.",
    "On clear nights you can see the lights of the harbour from the hill.",
    "He explained the rules twice, and still the children argued.",
    "List the things you would pack for a week in the mountains.",
    "The old clock had stopped, but it looked too fine to throw away.",
    "Most people who learn to play an instrument give it up again.",
    "Write back soon and say which of the two plans you like better.",
    "A small garden can feed a family if it is looked after every day.",
    "The last train leaves at midnight; after that there is only the bus.",
  ]
}
