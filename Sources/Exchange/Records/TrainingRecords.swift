import Feedback

/// A record of supervised fine-tuning: `{"prompt","completion"}`, or `{"messages"}` in which every
/// assistant turn is trained.
public enum SupervisedRecord: Decodable, Sendable, Hashable {
  case completion(prompt: PromptText, answer: AnswerText)
  case conversation([Message])

  private enum CodingKeys: String, CodingKey {
    case prompt, completion, messages
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if container.contains(.messages) {
      let messages = try container.decode(MessageList.self, forKey: .messages).messages
      guard messages.contains(where: { $0.role == .assistant }) else {
        throw DecodingError.dataCorruptedError(
          forKey: .messages, in: container,
          debugDescription: "no turn is the assistant's, so there is nothing to train")
      }
      self = .conversation(messages)
    } else {
      guard container.contains(.prompt) else {
        throw ExchangeError("the line has neither \"prompt\" with \"completion\" nor \"messages\"")
      }
      self = .completion(
        prompt: try container.decode(PromptText.self, forKey: .prompt),
        answer: try container.decode(AnswerText.self, forKey: .completion))
    }
  }

  /// The records of a file.
  ///
  /// - Throws: `FILE:LINE: reason`, or a sentence when the file holds no record.
  public static func read(path: String) throws -> [Placed<SupervisedRecord>] {
    try nonEmpty(JSONLines.read(SupervisedRecord.self, path: path), path: path)
  }
}

/// A record of reward or preference training: `{"prompt","chosen","rejected"}`, or
/// `{"prompt","completions","tiers"}` with a tier number for each completion, 1 best.
public struct PreferenceRecord: Decodable, Sendable, Hashable {
  public var prompt: PromptText
  public var completions: [AnswerText]
  /// One per completion, 1 best; equal numbers are ties.
  public var tiers: [Int]

  private enum CodingKeys: String, CodingKey {
    case prompt, chosen, rejected, completions, tiers
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    prompt = try container.decode(PromptText.self, forKey: .prompt)
    if container.contains(.completions) {
      completions = try container.decode([AnswerText].self, forKey: .completions)
      tiers = try container.decode([Int].self, forKey: .tiers)
      func wrong(_ key: CodingKeys, _ reason: String) -> DecodingError {
        .dataCorruptedError(forKey: key, in: container, debugDescription: reason)
      }
      guard completions.count >= 2 else {
        throw wrong(.completions, "a comparison needs at least two")
      }
      guard tiers.count == completions.count else {
        throw wrong(
          .tiers, "there are \(tiers.count) for \(completions.count) completions; give one each")
      }
      guard tiers.allSatisfy({ $0 >= 1 }) else {
        throw wrong(.tiers, "tiers count from 1, the best")
      }
    } else {
      guard container.contains(.chosen) else {
        throw ExchangeError(
          "the line has neither \"chosen\" with \"rejected\" nor \"completions\" with \"tiers\"")
      }
      completions = [
        try container.decode(AnswerText.self, forKey: .chosen),
        try container.decode(AnswerText.self, forKey: .rejected),
      ]
      tiers = [1, 2]
    }
  }

  /// The records of a file.
  ///
  /// - Throws: `FILE:LINE: reason`, or a sentence when the file holds no record.
  public static func read(path: String) throws -> [Placed<PreferenceRecord>] {
    try nonEmpty(JSONLines.read(PreferenceRecord.self, path: path), path: path)
  }
}

func nonEmpty<Record>(
  _ records: [Placed<Record>], path: String
) throws(ExchangeError) -> [Placed<Record>] {
  guard !records.isEmpty else { throw ExchangeError("\(path) holds no record") }
  return records
}
