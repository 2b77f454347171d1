import Feedback
import Foundation
import Storage

/// A workspace in a temporary folder that goes when the value does.
public final class FreshWorkspace: Sendable {
  public let workspace: Workspace
  private let folder: TemporaryFolder

  public var directory: URL { workspace.directory }

  /// A new workspace with the given prompts.
  public init(
    prompts: [NewPrompt] = [], baseModel: BaseModel? = nil,
    clock: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
  ) throws {
    folder = try TemporaryFolder()
    workspace = try Workspace.open(
      folder.url.appendingPathComponent("workspace"), baseModel: baseModel, clock: clock)
    try workspace.addPrompts(prompts)
  }

  deinit {
    workspace.close()
  }
}

/// A temporary folder that goes when the value does.
public final class TemporaryFolder: Sendable {
  public let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("apprentice-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }
}
