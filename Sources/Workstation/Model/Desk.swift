import Feedback

/// What lies before the labeler.
enum Desk: Sendable, Hashable {
  /// Nothing to label yet, and why.
  case empty(String)
  /// A slate whose completions are being written.
  case growing(GrowingSlate)
  case ready(Slate)

  var prompt: Prompt? {
    switch self {
    case .empty: nil
    case .growing(let slate): slate.prompt
    case .ready(let slate): slate.prompt
    }
  }

  var slateID: Int64? {
    switch self {
    case .empty: nil
    case .growing(let slate): slate.id
    case .ready(let slate): slate.id
    }
  }

  /// The slate, once it can be ranked.
  var slate: Slate? {
    if case .ready(let slate) = self { return slate }
    return nil
  }
}

/// A slate while its completions are written.
struct GrowingSlate: Sendable, Hashable {
  var id: Int64
  var prompt: Prompt
  /// How many completions it will have.
  var count: Int
  /// What there is so far, in no order that will last.
  var texts: [String]
}
