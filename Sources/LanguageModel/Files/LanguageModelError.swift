/// What went wrong with a model, its file or its text, as one sentence for a person.
public struct LanguageModelError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
