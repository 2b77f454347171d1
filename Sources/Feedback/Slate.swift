/// One prompt with K completions in the fixed random order in which the labeler sees them.
public struct Slate: Sendable, Hashable, Identifiable {
  public var id: Int64
  public var prompt: Prompt
  /// In display order: the first is shown as A.
  public var completions: [Completion]
  /// Whether the prompt or the completions were chosen for what they would teach; accuracy is read
  /// from the slates that were not.
  public var activelyChosen: Bool

  public init(id: Int64, prompt: Prompt, completions: [Completion], activelyChosen: Bool) {
    self.id = id
    self.prompt = prompt
    self.completions = completions
    self.activelyChosen = activelyChosen
  }

  /// The letter a completion is shown under, A for position 0.
  public static func letter(at position: Int) -> Character {
    Character(Unicode.Scalar(UInt8(ascii: "A") + UInt8(clamping: position)))
  }
}
