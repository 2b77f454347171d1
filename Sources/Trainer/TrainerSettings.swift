import Feedback
import Storage

/// What a workspace says about how its slates are drawn; read anew for each slate.
public struct TrainerSettings: Sendable, Equatable {
  /// K: the completions of a slate.
  public var candidates = 4
  /// Whether a reward model chooses among more draws than are shown.
  public var bestOf = true
  /// Decides prompts, seeds and display orders.
  public var seed: UInt64 = 0
  /// The longest completion, in tokens.
  public var maxTokens = 128

  public init() {}

  /// The settings that the workspace holds, with the defaults for the others.
  public static func read(from workspace: Workspace) throws(StorageError) -> TrainerSettings {
    var settings = TrainerSettings()
    if let value = try workspace.setting("candidates").flatMap({ Int($0) }) {
      settings.candidates = min(max(value, 2), 9)
    }
    if let value = try workspace.setting("best_of") { settings.bestOf = value != "false" }
    if let value = try workspace.setting("seed").flatMap({ UInt64($0) }) { settings.seed = value }
    if let value = try workspace.setting("max_tokens").flatMap({ Int($0) }) {
      settings.maxTokens = min(max(value, 8), 1024)
    }
    return settings
  }

  /// Keeps the settings in the workspace.
  public func write(to workspace: Workspace) throws(StorageError) {
    try workspace.set("candidates", to: String(candidates))
    try workspace.set("best_of", to: String(bestOf))
    try workspace.set("seed", to: String(seed))
    try workspace.set("max_tokens", to: String(maxTokens))
  }
}
