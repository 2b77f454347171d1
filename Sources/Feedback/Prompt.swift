/// What the model is asked: a conversation that ends with a user's turn, and its use case.
public struct Prompt: Sendable, Hashable, Identifiable {
  /// The row in the workspace.
  public var id: Int64
  /// The name people and files use for it, unique in a workspace.
  public var key: String
  public var useCase: UseCase
  public var messages: [Message]

  public init(id: Int64, key: String, useCase: UseCase, messages: [Message]) {
    self.id = id
    self.key = key
    self.useCase = useCase
    self.messages = messages
  }

  /// The prompt as one text: the user's words alone when there is one turn, else every turn after
  /// its speaker's name.
  public var text: String {
    if messages.count == 1 { return messages[0].content }
    return messages.map { "\($0.role.rawValue): \($0.content)" }.joined(separator: "\n\n")
  }
}
