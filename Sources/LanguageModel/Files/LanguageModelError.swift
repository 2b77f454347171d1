/// What went wrong with a model, its file or its text, as one sentence for a person.
public struct LanguageModelError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  /// An error of that sentence. What it quotes from a file may be anything: characters that would
  /// control a terminal are written as their code points, and a sentence of a page is cut.
  public init(_ description: String) {
    var shown = ""
    for (index, scalar) in description.unicodeScalars.enumerated() {
      if index == 2000 {
        shown += "…"
        break
      }
      switch scalar.properties.generalCategory {
      case .control, .format: shown += "\\u{\(String(scalar.value, radix: 16))}"
      default: shown.unicodeScalars.append(scalar)
      }
    }
    self.description = shown
  }
}
