import Feedback
import Storage

/// A file of prompts: `{"id"?,"use_case"?,"text"}` or `"messages"` on a line that begins with `{`,
/// else the line itself is the prompt.
public enum PromptsFile {
  /// The prompts of a file, in its order.
  ///
  /// - Throws: ``ExchangeError`` with file, line and reason; no prompt is returned then.
  public static func read(_ lines: JSONLines) throws(ExchangeError) -> [NewPrompt] {
    var prompts: [NewPrompt] = []
    var places: [String: Int] = [:]
    for line in lines {
      let prompt =
        line.isJSON
        ? try line.decode(Record.self).prompt : NewPrompt(text: try line.text())
      guard let last = prompt.messages.last, !last.content.allSatisfy(\.isWhitespace) else {
        throw line.error("the prompt is empty")
      }
      if let key = prompt.key, let first = places.updateValue(line.number, forKey: key) {
        throw line.error("the id “\(key)” is already on line \(first)")
      }
      prompts.append(prompt)
    }
    return prompts
  }

  private struct Record: Decodable {
    var prompt: NewPrompt

    private enum Key: String, CodingKey {
      case id, text, messages
      case useCase = "use_case"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      let key = try container.decodeIfPresent(String.self, forKey: .id)
      if let key, key.isEmpty {
        throw DecodingError.dataCorruptedError(
          forKey: .id, in: container, debugDescription: "is empty; leave it out to have one made")
      }
      let useCase = try container.decodeUseCase(forKey: .useCase) ?? .other
      if container.contains(.messages) {
        let messages = try container.decodePrompt(forKey: .messages)
        prompt = NewPrompt(key: key, useCase: useCase, messages: messages)
      } else {
        let text = try container.decode(String.self, forKey: .text)
        prompt = NewPrompt(key: key, useCase: useCase, text: text)
      }
    }
  }
}

extension KeyedDecodingContainer {
  /// A use case in files' spelling, such as `open_qa`; nil when the key is absent.
  func decodeUseCase(forKey key: Key) throws -> UseCase? {
    guard let name = try decodeIfPresent(String.self, forKey: key) else { return nil }
    guard let useCase = UseCase(rawValue: name) else {
      let known = UseCase.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "is “\(name)”; the use cases are \(known)")
    }
    return useCase
  }
}
