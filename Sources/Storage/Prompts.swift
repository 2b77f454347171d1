import Feedback

/// A prompt to be added to the pool.
public struct NewPrompt: Sendable, Hashable {
  /// The name people and files use for it; nil makes one from its text.
  public var key: String?
  public var useCase: UseCase
  public var messages: [Message]

  public init(key: String? = nil, useCase: UseCase, messages: [Message]) {
    self.key = key
    self.useCase = useCase
    self.messages = messages
  }

  /// A prompt of one user's turn.
  public init(key: String? = nil, useCase: UseCase = .other, text: String) {
    self.init(key: key, useCase: useCase, messages: [Message(role: .user, content: text)])
  }
}

/// A prompt with its place in the pool.
public struct PooledPrompt: Sendable, Hashable {
  public var prompt: Prompt
  public var isRetired: Bool
  /// The slates made for it, discarded ones left out.
  public var slateCount: Int
}

/// Which labels are kept from learning, to measure what was learnt.
public enum HeldOut {
  /// The share of prompts whose labels are held out unless the workspace's setting
  /// `held_out_share` says otherwise.
  public static let defaultShare = 0.1

  static let setting = "held_out_share"

  /// Whether labels of the prompt with this key are held out: the same answer always, for all labels
  /// of a prompt.
  public static func contains(promptKey: String, share: Double = defaultShare) -> Bool {
    Double(stableHash(promptKey, salt: 0x6865_6C64_6F75_7400) >> 11) * 0x1p-53 < share
  }
}
