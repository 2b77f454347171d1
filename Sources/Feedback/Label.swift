/// A labeler's judgment of one slate: what is stored, append-only.
public struct Label: Sendable, Hashable, Identifiable {
  /// What the labeler did.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case ranking, demonstration, skip
  }

  public var id: Int64
  public var kind: Kind
  public var labeler: String
  public var prompt: Prompt
  /// The slate that was on the screen; none for a demonstration of a prompt alone.
  public var slate: Int64?
  public var content: LabelContent
  /// Seconds from the slate's appearance to the submission, suspension left out.
  public var duration: Double
  /// Seconds since 1970.
  public var created: Double

  public init(
    id: Int64, labeler: String, prompt: Prompt, slate: Int64?, content: LabelContent,
    duration: Double, created: Double
  ) {
    self.id = id
    self.kind = content.kind
    self.labeler = labeler
    self.prompt = prompt
    self.slate = slate
    self.content = content
    self.duration = duration
    self.created = created
  }
}

/// What a label says.
public enum LabelContent: Sendable, Hashable {
  case ranking(Ranking)
  case demonstration(Demonstration)
  case skip(reason: String)

  public var kind: Label.Kind {
    switch self {
    case .ranking: .ranking
    case .demonstration: .demonstration
    case .skip: .skip
    }
  }
}

/// A completion written by a labeler.
public struct Demonstration: Codable, Sendable, Hashable {
  public var text: String
  /// The completion that was edited into it; none when it was written from nothing.
  public var editedFrom: Int64?

  public init(text: String, editedFrom: Int64? = nil) {
    self.text = text
    self.editedFrom = editedFrom
  }
}
