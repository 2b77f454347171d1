/// Why the trainer cannot go on, as one sentence for a person.
public struct TrainerError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }

  static func promptTooLong(key: String, tokens: Int, limit: Int) -> TrainerError {
    TrainerError(
      "The prompt \(key) is \(tokens) tokens long, and with the completions that is over the "
        + "model's limit of \(limit); it is left out. Retire it with: apprentice prompts retire \(key)"
    )
  }
}
