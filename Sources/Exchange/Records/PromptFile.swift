import Feedback
import Foundation
import Storage

/// Files of prompts for the pool: JSONL `{"id"?,"use_case"?,"text"}` (or `"messages"`), or plain
/// text, one prompt a line.
public enum PromptFile {
  private struct Record: Decodable {
    var prompt: NewPrompt

    private enum CodingKeys: String, CodingKey {
      case id, text, messages
      case useCase = "use_case"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let key = try container.decodeIfPresent(String.self, forKey: .id)
      let messages: [Message]
      switch (container.contains(.text), container.contains(.messages)) {
      case (true, false):
        messages = [
          Message(role: .user, content: try container.decode(String.self, forKey: .text))
        ]
      case (false, true):
        messages = try container.decode(MessageList.self, forKey: .messages).messages
      default:
        throw ExchangeError("a prompt has either \"text\" or \"messages\"")
      }
      let useCase = try container.decodeIfPresent(String.self, forKey: .useCase)
      prompt = try checked(key: key, useCase: useCase, messages: messages)
    }
  }

  /// The prompts of files, all of them or none.
  ///
  /// - Throws: `FILE:LINE: reason` for an unusable line, or an id that names two prompts; a sentence
  ///   for a file without a prompt.
  public static func read(paths: [String]) throws -> [Placed<NewPrompt>] {
    var prompts: [Placed<NewPrompt>] = []
    var first: [String: Placed<NewPrompt>] = [:]
    for path in paths {
      let found = try read(path: path)
      guard !found.isEmpty else { throw ExchangeError("\(path) holds no prompt") }
      for prompt in found {
        prompts.append(prompt)
        guard let key = prompt.value.key else { continue }
        if let other = first[key], other.value.messages != prompt.value.messages {
          throw prompt.place.error(
            "the id “\(printable(key))” names another prompt in \(other.place)")
        }
        first[key] = prompt
      }
    }
    return prompts
  }

  /// A file is JSONL when its first line with text begins with `{`.
  private static func read(path: String) throws -> [Placed<NewPrompt>] {
    let lines = try TextLines(path: path)
    var isJSON: Bool?
    var prompts: [Placed<NewPrompt>] = []
    while let line = try lines.next() {
      guard let start = line.value.first(where: { !$0.isWhitespace }) else { continue }
      if isJSON == nil { isJSON = start == "{" }
      let prompt: NewPrompt
      if isJSON! {
        prompt = try JSONLines.decode(Record.self, from: line).prompt
      } else {
        do throws(ExchangeError) {
          prompt = try checked(
            key: nil, useCase: nil, messages: [Message(role: .user, content: line.value)])
        } catch {
          throw line.place.error(error.description)
        }
      }
      prompts.append(Placed(prompt, at: line.place))
    }
    return prompts
  }

  /// A prompt that may go into a pool; line breaks are one line feed each.
  static func checked(
    key: String?, useCase: String?, messages: [Message]
  ) throws(ExchangeError) -> NewPrompt {
    if let key {
      guard !key.allSatisfy(\.isWhitespace) else { throw ExchangeError("the prompt's id is empty") }
      if let control = key.unicodeScalars.first(where: { $0.properties.generalCategory == .control }
      ) {
        throw forbidden(control, in: "the prompt's id")
      }
    }
    let messages = messages.map {
      Message(
        role: $0.role, content: $0.content.replacingOccurrences(of: "\r\n", with: "\n"))
    }
    for message in messages {
      if let control = controlCharacter(in: message.content) {
        throw forbidden(control, in: "the prompt")
      }
    }
    guard let last = messages.last, last.role == .user else {
      throw ExchangeError("the prompt does not end with the user's turn")
    }
    guard !last.content.allSatisfy(\.isWhitespace) else {
      throw ExchangeError("the prompt is empty")
    }
    guard let useCase else { return NewPrompt(key: key, useCase: .other, messages: messages) }
    guard let known = UseCase(rawValue: useCase) else {
      let names = UseCase.allCases.map(\.rawValue).joined(separator: ", ")
      throw ExchangeError(
        "“\(printable(useCase, limit: 40))” is no use case; there are \(names)")
    }
    return NewPrompt(key: key, useCase: known, messages: messages)
  }

  private static func forbidden(_ control: Unicode.Scalar, in what: String) -> ExchangeError {
    let code = String(control.value, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
    return ExchangeError("\(what) holds the control character U+\(padded); take it out")
  }
}
