import Exchange
import Foundation
import LanguageModel
import Learning

extension LanguageModel {
  /// The adapter in a folder; nil without a folder is the base model.
  func adapter(at path: String?) throws -> LoRAAdapter? {
    try path.map {
      try PEFT.read(directory: URL(fileURLWithPath: $0), configuration: configuration).adapter
    }
  }

  /// The reward model in a folder.
  func rewardModel(at path: String) throws -> RewardModel {
    let (adapter, heads) = try PEFT.read(
      directory: URL(fileURLWithPath: path), configuration: configuration)
    guard let heads else {
      throw CommandError(
        "\(path) holds a policy, not a reward model: it has no reward head; "
          + "train one with: apprentice train reward")
    }
    return try RewardModel(adapter: adapter, heads: heads)
  }
}
