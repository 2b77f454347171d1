/// Which of the two models a version is of.
public enum VersionKind: String, Sendable, CaseIterable {
  case policy, reward
}

/// One published adapter.
public struct Version: Sendable, Hashable, Identifiable {
  /// Where a version stands.
  public enum State: String, Sendable {
    /// The one in use.
    case current
    case published
    /// It was worse on held-out labels and is not used.
    case rejected
    /// It was published once; its files have been deleted.
    case pruned
  }

  /// Unique over both kinds; 0, the base model, is never a version's.
  public var id: Int64
  public var kind: VersionKind
  /// The version it was trained from; nil for the base model.
  public var parent: Int64?
  /// Its folder, relative to the workspace.
  public var path: String
  public var state: State
  /// Whether its folder is still there.
  public var hasFiles: Bool
  /// Whether a person wants its files kept.
  public var isPinned: Bool
  /// How many labels it learnt beyond its parent.
  public var learntCount: Int
  /// What was measured when it was published.
  public var metrics: [String: Double]
  public var baseSHA256: String
  /// How the base model's weights were stored, such as `Q4_1`.
  public var weightFormat: String
  /// The program that trained it.
  public var program: String
  /// Seconds since 1970.
  public var created: Double
}

/// A version to be published: its folder is already there.
public struct NewVersion: Sendable {
  /// From ``Workspace/reserveVersion()``.
  public var id: Int64
  public var kind: VersionKind
  /// nil, or 0, for the base model.
  public var parent: Int64?
  /// Relative to the workspace; nil is `adapters/KIND-ID`.
  public var path: String?
  /// The labels it learnt beyond its parent.
  public var learntFrom: [Int64]
  /// Labels that its ancestors have learnt and it has not: they are to be learnt again once it is in use.
  public var pendingAgain: [Int64]
  public var metrics: [String: Double]
  /// Whether it is worse than its parent: it is kept but not used.
  public var isRejected: Bool
  public var weightFormat: String
  public var program: String

  public init(
    id: Int64, kind: VersionKind, parent: Int64?, path: String? = nil, learntFrom: [Int64],
    pendingAgain: [Int64] = [], metrics: [String: Double] = [:], isRejected: Bool = false,
    weightFormat: String = "",
    program: String = ""
  ) {
    self.id = id
    self.kind = kind
    self.parent = parent == 0 ? nil : parent
    self.path = path
    self.learntFrom = learntFrom
    self.pendingAgain = pendingAgain
    self.metrics = metrics
    self.isRejected = isRejected
    self.weightFormat = weightFormat
    self.program = program
  }
}
