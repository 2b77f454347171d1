import Feedback
import Storage

/// A line of `trl-sft`: the demonstration is the last turn.
struct TRLSupervisedRecord: Encodable {
  var messages: [Message]

  init(prompt: Prompt, demonstration: Demonstration) {
    messages =
      prompt.messages + [Message(role: .assistant, content: demonstration.text)]
  }
}

/// A line of `trl-preference`, in message lists, so that the reader's chat template applies.
struct TRLPreferenceRecord: Encodable {
  var prompt: PromptText
  var chosen: AnswerText
  var rejected: AnswerText

  init(prompt: Prompt, chosen: String, rejected: String) {
    self.prompt = PromptText(messages: prompt.messages)
    self.chosen = AnswerText(messages: [Message(role: .assistant, content: chosen)])
    self.rejected = AnswerText(messages: [Message(role: .assistant, content: rejected)])
  }
}

extension SupervisedRecord {
  /// The label to import: the last assistant turn is the demonstration, what stands before it the
  /// prompt.
  func label(labeler: String) throws(ExchangeError) -> ImportedLabel {
    let messages: [Message]
    switch self {
    case .completion(let prompt, let answer): messages = prompt.messages + answer.messages
    case .conversation(let turns): messages = turns
    }
    guard let last = messages.last, last.role == .assistant else {
      throw ExchangeError("the conversation does not end with the assistant's turn")
    }
    return ImportedLabel(
      prompt: try PromptFile.checked(
        key: nil, useCase: nil, messages: Array(messages.dropLast())),
      labeler: labeler, demonstration: last.content)
  }
}

extension PreferenceRecord {
  /// The label to import: a slate of the completions with their tiers.
  func label(labeler: String) throws(ExchangeError) -> ImportedLabel {
    let answers = try completions.map { answer throws(ExchangeError) in
      guard let text = answer.text else {
        throw ExchangeError(
          "an answer has several turns; a label's completion is one turn of the assistant's")
      }
      return text
    }
    return ImportedLabel(
      prompt: try PromptFile.checked(key: nil, useCase: nil, messages: prompt.messages),
      completions: answers.map { text in
        NewCompletion(
          text: text, tokenIDs: [], logprobs: [], finishReason: .stop, policyVersion: 0,
          sampling: SamplingParameters(), seed: 0, origin: .selected)
      },
      labeler: labeler,
      tiers: Set(tiers).sorted().map { tier in tiers.indices.filter { tiers[$0] == tier } })
  }
}
