/// One message to the labeler, shown until the next key.
struct Notice: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    /// Something was done.
    case done
    /// Something was refused, or waits for a second key.
    case refusal
    /// Something failed.
    case failure
  }

  var kind: Kind
  var text: String
}

/// What a second key of the same kind confirms.
enum Confirmation: Sendable, Hashable {
  /// Cards without a place become the last tier.
  case unplacedLast
  /// The demonstration goes with the ranking.
  case demonstrationToo
  /// This version is put into use.
  case use(Int64)
}
