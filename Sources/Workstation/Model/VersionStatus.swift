import Storage

/// One version in the list of the learning screen; the base model is among the policies, as number 0.
struct VersionStatus: Sendable, Hashable, Identifiable {
  var id: Int64
  var kind: VersionKind
  var parent: Int64?
  var state: Version.State
  /// How many labels it learnt beyond its parent.
  var learntCount = 0
  /// How many of the labels that it rests on were taken back since.
  var retractedCount = 0
  /// Whether its files are kept whatever its age.
  var isPinned = false
  /// Why it was rejected, as the trainer says it.
  var rejection: String?
  var metrics: [String: Double] = [:]

  /// The base model as the policy that there is before any other.
  static func base(isCurrent: Bool) -> VersionStatus {
    VersionStatus(id: 0, kind: .policy, state: isCurrent ? .current : .published)
  }

  var isBase: Bool { id == 0 }

  /// The pairs of answers that it was made anew from; nil for one that was trained from its parent.
  var pairsOfRefit: Int? { metrics["refit.pairs"].map { Int($0) } }

  /// The name inside a sentence, such as `policy 7` or `the base model`.
  var name: String {
    if isBase { return "the base model" }
    return kind == .policy ? "policy \(id)" : "reward model \(id)"
  }

  /// Where it stands, in the few words of the list.
  var stateText: String {
    switch state {
    case .current: isPinned ? "in use, pinned" : "in use"
    case .published: isBase ? "" : isPinned ? "pinned" : "kept"
    case .rejected: isPinned ? "not better, pinned" : "not better"
    case .pruned: "files gone"
    }
  }
}

/// A change to the versions that a person asks for.
enum VersionChange: Sendable, Hashable {
  /// Puts a version into use; policy 0 is the base model.
  case use(VersionKind, Int64)
  case pin(Int64, Bool)
}
