/// One turn of a conversation.
public struct Message: Codable, Sendable, Hashable {
  /// Who speaks.
  public enum Role: String, Codable, Sendable {
    case system, user, assistant
  }

  public var role: Role
  public var content: String

  public init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}
