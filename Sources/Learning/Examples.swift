import LanguageModel

/// One record that the policy is fine-tuned on: a prompt and what should follow it.
public struct SupervisedExample: Sendable {
  public var prompt: [TokenID]
  public var completion: [TokenID]
  /// One per completion token: whether the loss looks at it. All of them for a demonstration, the
  /// assistant's turns for a conversation.
  public var trained: [Bool]

  public init(prompt: [TokenID], completion: [TokenID], trained: [Bool]? = nil) {
    self.prompt = prompt
    self.completion = completion
    self.trained = trained ?? Array(repeating: true, count: completion.count)
  }

  var sequence: PackedSequence { PackedSequence(prompt: prompt, completions: [completion]) }
  var lossTokens: Int { trained.reduce(0) { $0 + ($1 ? 1 : 0) } }
  var tokenCount: Int { prompt.count + completion.count }
}

/// One ranked slate as tokens: what the reward model and preference training learn from.
public struct RankedExample: Sendable {
  public var prompt: [TokenID]
  public var completions: [[TokenID]]
  public var pairs: [Pair]
  /// Records of one group are resampled together when reward heads bootstrap: the prompt's identity.
  public var group: UInt64

  public init(prompt: [TokenID], completions: [[TokenID]], pairs: [Pair], group: UInt64 = 0) {
    self.prompt = prompt
    self.completions = completions
    self.pairs = pairs
    self.group = group
  }

  var sequence: PackedSequence { PackedSequence(prompt: prompt, completions: completions) }
  var tokenCount: Int { completions.reduce(prompt.count) { $0 + $1.count } }
}

/// Consecutive runs of elements whose costs stay within a budget, at least one element each: how a
/// batch is cut into passes that fit in memory.
func passes<Element>(_ elements: [Element], budget: Int, cost: (Element) -> Int) -> [[Element]] {
  var result: [[Element]] = []
  var room = 0
  for element in elements {
    let cost = cost(element)
    if result.isEmpty || cost > room {
      result.append([])
      room = budget
    }
    result[result.count - 1].append(element)
    room -= cost
  }
  return result
}
