import Feedback
import Storage

extension RankingRecord {
  /// The record of labels that were submitted together.
  ///
  /// - Parameters:
  ///   - labels: at least one, of one slate and labeler.
  ///   - slate: none for a demonstration of a prompt alone.
  init(
    labels: [Label], slate: Slate?, quality: [Int64: Int], flags: [Int64: Set<Flag>]
  ) {
    let first = labels[0]
    var letters: [Int64: String] = [:]
    for (position, completion) in (slate?.completions ?? []).enumerated() {
      letters[completion.id] = String(Slate.letter(at: position))
    }
    prompt = PromptPart(
      id: first.prompt.key, useCase: first.prompt.useCase.rawValue,
      messages: PromptText(messages: first.prompt.messages))
    labeler = first.labeler
    created = first.created
    duration = first.duration
    activelyChosen = slate?.activelyChosen
    completions = slate?.completions.map { completion in
      CompletionPart(
        completion, id: letters[completion.id]!, quality: quality[completion.id],
        flags: flags[completion.id])
    }
    for label in labels {
      switch label.content {
      case .ranking(let ranking): tiers = ranking.tiers.map { $0.compactMap { letters[$0] } }
      case .demonstration(let content):
        demonstration = DemonstrationPart(
          text: content.text, editedFrom: content.editedFrom.flatMap { letters[$0] })
      case .skip(let reason): skip = reason
      }
    }
  }
}

extension RankingRecord.CompletionPart {
  init(_ completion: Completion, id: String, quality: Int?, flags: Set<Flag>?) {
    self.id = id
    text = completion.text
    tokenIDs = completion.tokenIDs
    logprobs = completion.logprobs
    finishReason = completion.finishReason.rawValue
    policyVersion = String(completion.policyVersion)
    sampling = RankingRecord.SamplingPart(
      temperature: completion.sampling.temperature, topK: completion.sampling.topK,
      topP: completion.sampling.topP, minP: completion.sampling.minP,
      maxTokens: completion.sampling.maxTokens)
    seed = String(completion.seed)
    origin = completion.origin.rawValue
    self.quality = quality
    self.flags = flags.map { $0.map(\.rawValue).sorted() }
  }
}
