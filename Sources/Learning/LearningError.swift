/// Why training cannot go on, as one sentence for a person.
public struct LearningError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }

  static func nothingToLearn(_ what: String) -> LearningError {
    LearningError("There is nothing to learn from: \(what).")
  }

  static func notFinite(step: Int) -> LearningError {
    LearningError(
      "The loss of step \(step) is not a finite number; try a smaller --learning-rate.")
  }

  static func headMismatch(weights: Int, expected: Int) -> LearningError {
    LearningError(
      "The reward head has \(weights) weights, but this model's hidden state has \(expected); "
        + "the reward model was trained on another base model.")
  }
}
