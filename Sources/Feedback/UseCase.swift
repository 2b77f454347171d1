/// What a prompt asks for: the ten use cases of the InstructGPT paper (table 1).
public enum UseCase: String, CaseIterable, Codable, Sendable, Hashable {
  case generation
  case openQA = "open_qa"
  case brainstorming
  case chat
  case rewrite
  case summarization
  case classification
  case other
  case closedQA = "closed_qa"
  case extract

  /// The name as people read it.
  public var title: String {
    switch self {
    case .openQA: "open QA"
    case .closedQA: "closed QA"
    default: rawValue
    }
  }

  /// The share of prompts that InstructGPT's reward-model data had of this use case (Ouyang et al.
  /// 2022, table 1), used as the mix to label by.
  public var share: Double {
    switch self {
    case .generation: 0.456
    case .openQA: 0.124
    case .brainstorming: 0.112
    case .chat: 0.084
    case .rewrite: 0.066
    case .summarization: 0.042
    case .classification: 0.035
    case .other: 0.035
    case .closedQA: 0.026
    case .extract: 0.019
    }
  }
}
