/// A prompt with completions that each follow it: every completion attends to the prompt and to
/// itself only, and its positions go on from the prompt's.
///
/// The result equals one pass per completion, but the prompt is computed once.
public struct PackedSequence: Hashable, Sendable {
  public var prompt: [TokenID]
  public var completions: [[TokenID]]

  public init(prompt: [TokenID], completions: [[TokenID]]) {
    self.prompt = prompt
    self.completions = completions
  }
}
