import Feedback

/// A line of a file for the reward model or for preference optimisation:
/// `{"prompt","chosen","rejected"}`, or `{"prompt","completions","tiers"}` with a tier number each.
public struct PreferenceRecord: Decodable, Sendable, Hashable {
  public var prompt: [Message]
  public var completions: [String]
  /// The tier of each completion, 1 best; equal numbers are tied.
  public var tiers: [Int]

  public init(prompt: [Message], completions: [String], tiers: [Int]) {
    self.prompt = prompt
    self.completions = completions
    self.tiers = tiers
  }

  private enum Key: String, CodingKey {
    case prompt, chosen, rejected, completions, tiers
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    prompt = try container.decodePrompt(forKey: .prompt)
    if container.contains(.completions) {
      completions = try container.decodeAnswers(forKey: .completions)
      tiers = try container.decode([Int].self, forKey: .tiers)
      guard tiers.count == completions.count else {
        throw DecodingError.dataCorruptedError(
          forKey: .tiers, in: container,
          debugDescription: "has \(tiers.count) numbers for \(completions.count) completions")
      }
      guard completions.count >= 2 else {
        throw DecodingError.dataCorruptedError(
          forKey: .completions, in: container, debugDescription: "has fewer than two to compare")
      }
      guard tiers.allSatisfy({ $0 >= 1 }) else {
        throw DecodingError.dataCorruptedError(
          forKey: .tiers, in: container, debugDescription: "has a tier below 1, which is the best")
      }
    } else {
      completions = [
        try container.decodeAnswer(forKey: .chosen), try container.decodeAnswer(forKey: .rejected),
      ]
      tiers = [1, 2]
    }
  }
}
