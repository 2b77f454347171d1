import Feedback
import Storage

/// A line of `rankings`: everything one labeler submitted together, and what was on the screen.
///
/// Completions stand in display order; tiers name them by their ids, which count in this line only.
struct RankingRecord: Codable, Sendable, Hashable {
  struct PromptPart: Codable, Sendable, Hashable {
    var id: String?
    var useCase: String?
    var messages: PromptText

    enum CodingKeys: String, CodingKey {
      case id, messages
      case useCase = "use_case"
    }
  }

  struct CompletionPart: Codable, Sendable, Hashable {
    var id: String
    var text: String
    var tokenIDs: [Int32]?
    var logprobs: [Float]?
    var finishReason: String?
    /// As text, like every id; 0 is the base model.
    var policyVersion: String?
    var sampling: SamplingPart?
    /// As text, because it may be larger than a JSON reader's numbers.
    var seed: String?
    var origin: String?
    var quality: Int?
    var flags: [String]?

    enum CodingKeys: String, CodingKey {
      case id, text, logprobs, sampling, seed, origin, quality, flags
      case tokenIDs = "token_ids"
      case finishReason = "finish_reason"
      case policyVersion = "policy_version"
    }
  }

  struct SamplingPart: Codable, Sendable, Hashable {
    var temperature: Double
    var topK: Int
    var topP: Double
    var minP: Double
    var maxTokens: Int

    enum CodingKeys: String, CodingKey {
      case temperature
      case topK = "top_k"
      case topP = "top_p"
      case minP = "min_p"
      case maxTokens = "max_tokens"
    }
  }

  struct DemonstrationPart: Codable, Sendable, Hashable {
    var text: String
    /// The completion that was edited into it.
    var editedFrom: String?

    enum CodingKeys: String, CodingKey {
      case text
      case editedFrom = "edited_from"
    }
  }

  var prompt: PromptPart
  var labeler: String?
  /// Seconds since 1970.
  var created: Double?
  /// Seconds from the slate's appearance to the submission.
  var duration: Double?
  var activelyChosen: Bool?
  var completions: [CompletionPart]?
  /// Best first.
  var tiers: [[String]]?
  var demonstration: DemonstrationPart?
  /// Why the slate was skipped.
  var skip: String?

  enum CodingKeys: String, CodingKey {
    case prompt, labeler, created, duration, completions, tiers, demonstration, skip
    case activelyChosen = "actively_chosen"
  }
}
