import Foundation

/// What the workstation is opened with.
public struct WorkstationOptions: Sendable {
  /// The workspace's folder.
  public var workspace: URL
  /// The path of the base model, for messages; the trainer opens it.
  public var model: String
  public var labeler: String
  /// False leaves the mouse to the terminal, so that text can be selected with it.
  public var mouse: Bool
  /// The program and arguments of the trainer that is started when the workspace has none; empty
  /// to start none.
  public var trainerCommand: [String]
  /// The labeling guidelines, a Markdown file; without it there is no screen for them.
  public var guidelines: URL?

  public init(
    workspace: URL, model: String, labeler: String, mouse: Bool = true,
    trainerCommand: [String], guidelines: URL? = nil
  ) {
    self.workspace = workspace
    self.model = model
    self.labeler = labeler
    self.mouse = mouse
    self.trainerCommand = trainerCommand
    self.guidelines = guidelines
  }
}
