import Feedback
import LanguageModel
import Learning

/// Turns records into the tokens that training and scoring read.
public struct RecordEncoder: Sendable {
  private let template: ChatTemplate
  private let tokenizer: Tokenizer
  private let contextLength: Int

  public init(template: ChatTemplate, tokenizer: Tokenizer, contextLength: Int) {
    self.template = template
    self.tokenizer = tokenizer
    self.contextLength = contextLength
  }

  public init(model: LanguageModel) {
    self.init(
      template: model.chatTemplate, tokenizer: model.tokenizer,
      contextLength: model.configuration.contextLength)
  }

  /// The tokens of a prompt, with the beginning of the assistant's turn.
  public func prompt(_ prompt: PromptText) -> [TokenID] {
    template.encodePrompt(prompt.messages, tokenizer: tokenizer)
  }

  /// The tokens of an answer after its prompt, end token included, and which of them are the
  /// assistant's: all of them when the answer is one turn.
  public func answer(
    _ answer: AnswerText, to prompt: PromptText
  ) -> (tokens: [TokenID], trained: [Bool]) {
    if let text = answer.text {
      let tokens = template.encodeCompletion(text, tokenizer: tokenizer)
      return (tokens, Array(repeating: true, count: tokens.count))
    }
    let stretches = template.encodeConversation(
      prompt.messages + answer.messages, tokenizer: tokenizer)
    let earlierTurns = prompt.messages.count { $0.role == .assistant }
    return joined(stretches.dropFirst(2 * earlierTurns + 1))
  }

  /// One record of supervised fine-tuning.
  ///
  /// - Throws: `FILE:LINE: reason` when it is longer than the model's context.
  public func supervised(
    _ record: Placed<SupervisedRecord>
  ) throws(ExchangeError) -> SupervisedExample {
    let example: SupervisedExample
    switch record.value {
    case .completion(let prompt, let answer):
      let (tokens, trained) = self.answer(answer, to: prompt)
      example = SupervisedExample(
        prompt: self.prompt(prompt), completion: tokens, trained: trained)
    case .conversation(let messages):
      let stretches = template.encodeConversation(messages, tokenizer: tokenizer)
      let (tokens, trained) = joined(stretches.dropFirst())
      example = SupervisedExample(
        prompt: stretches[0].tokens, completion: tokens, trained: trained)
    }
    try check(example.prompt.count + example.completion.count, at: record.place)
    return example
  }

  /// One record of reward or preference training; nil when all its completions are tied, so that it
  /// has no strict pair.
  ///
  /// - Throws: `FILE:LINE: reason` when a completion is longer than the model's context allows.
  public func ranked(_ record: Placed<PreferenceRecord>) throws(ExchangeError) -> RankedExample? {
    let pairs = Pair.all(tiers: record.value.tiers)
    guard !pairs.isEmpty else { return nil }
    let prompt = self.prompt(record.value.prompt)
    let completions = record.value.completions.map { answer($0, to: record.value.prompt).tokens }
    for completion in completions {
      try check(prompt.count + completion.count, at: record.place)
    }
    return RankedExample(
      prompt: prompt, completions: completions, pairs: pairs, group: Self.identity(of: prompt))
  }

  /// One answer to be scored: the tokens of its prompt and its own.
  ///
  /// - Throws: `FILE:LINE: reason` when it is longer than the model's context.
  public func answered(
    _ record: Placed<AnsweredRecord>
  ) throws(ExchangeError) -> (prompt: [TokenID], completion: [TokenID]) {
    let prompt = self.prompt(record.value.prompt)
    let completion = answer(record.value.completion, to: record.value.prompt).tokens
    try check(prompt.count + completion.count, at: record.place)
    return (prompt, completion)
  }

  /// - Throws: `FILE:LINE: reason` when that many tokens do not fit into the model's context.
  public func check(_ tokens: Int, at place: Place) throws(ExchangeError) {
    guard tokens <= contextLength else {
      throw place.error(
        "the text is \(tokens) tokens long, and the model's context is \(contextLength); shorten it"
      )
    }
  }

  private func joined(
    _ stretches: ArraySlice<(tokens: [TokenID], trained: Bool)>
  ) -> (tokens: [TokenID], trained: [Bool]) {
    var tokens: [TokenID] = []
    var trained: [Bool] = []
    for stretch in stretches {
      tokens += stretch.tokens
      trained += Array(repeating: stretch.trained, count: stretch.tokens.count)
    }
    return (tokens, trained)
  }

  /// The same prompt gives the same number in every run: FNV-1a over its tokens.
  private static func identity(of prompt: [TokenID]) -> UInt64 {
    prompt.reduce(0xCBF2_9CE4_8422_2325) { hash, token in
      (hash ^ UInt64(UInt32(bitPattern: token))) &* 0x0000_0100_0000_01B3
    }
  }
}
