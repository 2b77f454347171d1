import Foundation
import LanguageModel

/// How new labels turn into updates: every number that the background training uses.
public struct Recipe: Sendable, Codable, Equatable {
  /// LoRA rank and alpha of both models. The policy's adapter is on all layers until it is made anew.
  public var rank = 16
  public var alpha: Float = 32
  /// Norm to which the whole gradient is clipped.
  public var clip = 1.0
  /// The most new labels that one update takes; more wait for the next.
  public var labelsPerUpdate = 4

  // MARK: The policy

  /// Optimizer steps of an update, the first on the labels, all on what the policy drew.
  public var policySteps = 1
  public var policyLearningRate = 4e-4
  /// Old demonstrations and old rankings mixed into each step.
  public var replayedDemonstrations = 2
  public var replayedRankings = 0
  /// Weight of the demonstrations' cross-entropy per token.
  public var demonstrationWeight = 1.0
  /// Weight of the preference loss, on the scale of a cross-entropy per token.
  public var preferenceWeight = 1.0
  /// Direct preference optimisation's β (Rafailov et al. 2023).
  public var beta = 0.1
  /// Weight of the cross-entropy per token on the completions that no other is preferred to.
  public var bestWeight = 0.5
  /// Weight of policy gradient on the policy's own draws against the reward model; 0 leaves it out.
  public var gradientWeight = 1.0
  /// Weight of the preference loss on the same draws, and of the cross-entropy on the best of them, per token.
  public var drawPreferenceWeight = 1.0
  public var drawAnchor = 0.25
  /// How much more one draw is worth than another, in log-odds, to be preferred to it.
  public var leastWorthApart = 0.5
  /// Slates' draws that are kept to learn from again, and how many of them each step takes besides the
  /// newest.
  public var rolloutsKept = 60
  public var replayedRollouts = 0
  /// Of each slate's draws the most different by their worth, so many, are learnt from.
  public var drawsLearnt = 4
  /// How far a kept draw's probability may have come, as a factor per token, before it is no more moved the
  /// same way (Schulman et al. 2017, here per completion).
  public var ratioClip = 0.2

  /// Steps without new labels that each label entitles the policy to take in idle time, and the most that are
  /// kept for later.
  public var practicePerLabel = 2
  public var practiceKept = 60
  /// Steps since the last label after which they are half as long as the first; later ones are shorter still.
  public var practiceHalved = 40.0
  /// How many of the draws of each of them are the base's.
  public var borrowedDraws = 3
  /// Old rankings, and what was drawn for as many prompts, that each of them takes; replayed demonstrations are
  /// those of any step.
  public var practiceRankings = 1
  public var practiceRollouts = 3

  /// The reward model's skill from which the policy learns at its full rate.
  public var fullSkill = 0.4
  /// The share of the rate that labels themselves are learnt at, whatever the reward model knows.
  public var labelPace = 0.75
  /// Nats per token from the base, on its own draws, that the policy is held to; less while the reward model
  /// knows less.
  public var klBudget = 0.4
  /// What eight demonstrations add to that: they take the policy away from the base by themselves, and
  /// policy gradient is to stay near what they made of it (Ouyang et al. 2022, equation 2).
  public var demonstrationBudget = 0.3
  /// Policy gradient's penalty, in log-odds of the reward, for each nat per token that a completion is
  /// likelier under the policy than under the base, once the budget is reached.
  public var klPenalty = 3.0
  /// Its reward for each nat per token that the base finds a completion likelier than another, once the
  /// policy has lost much of the base's language.
  public var fluencyReward = 1.0
  /// Its reward for pairs of words that the draws for the last other slates, so many, do not have.
  public var noveltyReward = 3.0
  public var rolloutsCompared = 12
  /// Its penalty for a completion that did not end by itself, once that is more frequent than with the base.
  public var unendedPenalty = 1.0

  // MARK: The reward model

  /// Heads of the reward model, each with its own bootstrap of the prompts.
  public var heads = 4
  /// The lowest layer that the reward model's adapter is on; what lies below is computed once a label.
  public var rewardLayer = 20
  public var rewardSteps = 1
  public var rewardLearningRate = 1e-3
  public var replayedForReward = 0

  /// What a demonstration counts beside a completion of its slate, in pairs of rankings.
  public var demonstrationEvidence = 0.3
  /// What it counts, in pairs of rankings, that a completion is tied with others.
  public var tieEvidence = 0.5
  /// What it counts, in pairs of rankings, that the layout of what was left on top of a ranking fits its
  /// prompt better than that of the average completion.
  public var contrast = 1.0
  /// What it counts, in pairs of rankings, that a text that repeats itself, or is hardly there, is worse than one that
  /// is not so.
  public var failureEvidence = 2.0

  /// What imitates demonstrations takes so many steps for each, each with so many others; prompts are read with
  /// it from the fewest on.
  public var imitationSteps = 2
  public var imitationReplayed = 3
  public var imitationLearningRate = 1e-3
  public var fewestImitated = 4

  /// Labels since the policy was last made anew, the least, after which it is again; and a quarter of those that
  /// there were then.
  public var refitAfter = 20
  /// Prompts answered for it, 0 leaves it out, and in how many rounds; the pairs that it learns, and in how many epochs.
  public var refitPrompts = 480
  public var refitRounds = 6
  public var refitPairs = 600
  public var refitEpochs = 3
  /// How much better one answer is, in log-odds, for the reward model to be sure of it.
  public var refitSureGap = 4.0
  public var refitLearningRate = 5e-4
  /// Weight of the cross-entropy per token on the answers preferred.
  public var refitAnchor = 0.5

  // MARK: Slates

  /// Completions drawn from the policy for a slate when a reward model chooses among them.
  public var draws = 10
  /// Temperature and top-p that candidates are drawn with.
  public var temperature = 0.9
  public var topP = 0.95

  /// Whether every other slate is chosen for what it promises to teach.
  public var choosesSlates = true
  /// The share of the slates that show what was ranked before, to measure how far labelers agree with
  /// themselves.
  public var repeatedShare = 0.02

  public init() {}

  /// Whether the policy learns from what it draws.
  var learnsFromDraws: Bool { gradientWeight > 0 || drawPreferenceWeight > 0 }

  /// Nats per token from the base that the policy is held to.
  ///
  /// - Parameter known: how much the reward model knows, from 0 to 1.
  func budget(demonstrations: Int, known: Double = 1) -> Double {
    klBudget * max(Self.leastBudget, known)
      + demonstrationBudget * min(1, Double(demonstrations) / 8)
  }

  /// The layers of an adapter from one on, or the last alone where the model has no such layer.
  static func layers(from lowest: Int, of model: ModelConfiguration) -> Range<Int> {
    min(lowest, model.layerCount - 1)..<model.layerCount
  }

  /// The demonstrations that prompts are next read with.
  ///
  /// - Parameter count: those that they are read with now.
  func nextImitation(after count: Int) -> Int {
    max(fewestImitated, count + max(1, count / 4))
  }

  /// The labels with which the policy is next made anew.
  ///
  /// - Parameter count: those with which it was last; 0 when it was not.
  func nextRefit(after count: Int) -> Int { count + max(refitAfter, count / 4) }

  /// The share of the budget that is there without knowledge.
  private static let leastBudget = 0.5

  /// The file in a workspace that changes numbers of its recipe.
  public static let fileName = "recipe.json"

  /// The recipe of a workspace: the numbers of `recipe.json` where the folder has one, the defaults
  /// for the others.
  ///
  /// - Throws: a sentence when the file is no JSON object, or names something that is no such number.
  public static func read(from folder: URL) throws -> Recipe {
    let file = folder.appendingPathComponent(fileName)
    guard FileManager.default.fileExists(atPath: file.path) else { return Recipe() }
    func wrong(_ reason: String) -> TrainerError {
      TrainerError("\(file.path) is not usable: \(reason). Correct it, or remove it.")
    }
    guard
      let changes = try? JSONSerialization.jsonObject(with: Data(contentsOf: file))
        as? [String: Any]
    else { throw wrong("it is not a JSON object") }
    let defaults = try JSONEncoder().encode(Recipe())
    var values = try JSONSerialization.jsonObject(with: defaults) as! [String: Any]
    for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
      guard values[name] != nil else {
        throw wrong(
          "the recipe has no \(name), only \(values.keys.sorted().joined(separator: ", "))")
      }
      values[name] = value
      let data = try JSONSerialization.data(withJSONObject: values)
      guard (try? JSONDecoder().decode(Recipe.self, from: data)) != nil else {
        throw wrong("\(name) cannot be \(value)")
      }
    }
    let recipe = try JSONDecoder().decode(
      Recipe.self, from: JSONSerialization.data(withJSONObject: values))
    if let name = recipe.firstOutOfRange { throw wrong("\(name) cannot be \(values[name]!)") }
    return recipe
  }

  /// The name of a number that nothing can be done with; nil when there is none.
  private var firstOutOfRange: String? {
    let atLeastOne = [
      ("rank", rank), ("labelsPerUpdate", labelsPerUpdate), ("policySteps", policySteps),
      ("heads", heads), ("draws", draws), ("rolloutsKept", rolloutsKept),
      ("drawsLearnt", drawsLearnt), ("imitationSteps", imitationSteps),
      ("fewestImitated", fewestImitated), ("refitAfter", refitAfter), ("refitPairs", refitPairs),
      ("refitRounds", refitRounds), ("refitEpochs", refitEpochs),
    ]
    let notNegative = [
      ("replayedDemonstrations", replayedDemonstrations), ("replayedRankings", replayedRankings),
      ("rewardLayer", rewardLayer), ("rewardSteps", rewardSteps),
      ("replayedForReward", replayedForReward), ("replayedRollouts", replayedRollouts),
      ("rolloutsCompared", rolloutsCompared), ("practicePerLabel", practicePerLabel),
      ("practiceKept", practiceKept), ("practiceRankings", practiceRankings),
      ("practiceRollouts", practiceRollouts), ("borrowedDraws", borrowedDraws),
      ("imitationReplayed", imitationReplayed), ("refitPrompts", refitPrompts),
    ]
    let positive = [
      ("alpha", Double(alpha)), ("policyLearningRate", policyLearningRate), ("beta", beta),
      ("preferenceWeight", preferenceWeight), ("fullSkill", fullSkill),
      ("klBudget", klBudget), ("ratioClip", ratioClip), ("rewardLearningRate", rewardLearningRate),
      ("topP", topP), ("practiceHalved", practiceHalved),
      ("imitationLearningRate", imitationLearningRate), ("refitLearningRate", refitLearningRate),
      ("leastWorthApart", leastWorthApart), ("refitSureGap", refitSureGap),
    ]
    let atLeastZero = [
      ("clip", clip), ("demonstrationWeight", demonstrationWeight), ("bestWeight", bestWeight),
      ("gradientWeight", gradientWeight), ("labelPace", labelPace), ("klPenalty", klPenalty),
      ("fluencyReward", fluencyReward), ("noveltyReward", noveltyReward),
      ("unendedPenalty", unendedPenalty),
      ("temperature", temperature), ("repeatedShare", repeatedShare),
      ("drawPreferenceWeight", drawPreferenceWeight), ("drawAnchor", drawAnchor),
      ("demonstrationEvidence", demonstrationEvidence),
      ("demonstrationBudget", demonstrationBudget), ("contrast", contrast),
      ("failureEvidence", failureEvidence),
      ("tieEvidence", tieEvidence), ("refitAnchor", refitAnchor),
    ]
    return atLeastOne.first { $0.1 < 1 || $0.1 > 1024 }?.0
      ?? notNegative.first { $0.1 < 0 || $0.1 > 1024 }?.0 ?? positive.first { $0.1 <= 0 }?.0
      ?? atLeastZero.first { $0.1 < 0 }?.0
  }
}
