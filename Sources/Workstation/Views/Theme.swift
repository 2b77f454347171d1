import TerminalUI

/// The styles of the screens: few, and none that says something only by its colour.
enum Theme {
  static let rule = Style(foreground: .gray(9))
  static let quiet = Style(foreground: .gray(13))
  static let accent = Style(foreground: .indexed(39), attributes: .bold)
  static let heading = Style.bold
  static let selectedTab = Style(attributes: [.bold, .reverse])
  static let key = Style.bold
  static let done = Style(foreground: .indexed(114))
  static let refusal = Style(foreground: .indexed(221), attributes: .bold)
  static let failure = Style(foreground: .indexed(203), attributes: .bold)
  static let difference = Style(foreground: .indexed(221), attributes: [.bold, .underline])

  static func notice(_ kind: Notice.Kind) -> Style {
    switch kind {
    case .done: done
    case .refusal: refusal
    case .failure: failure
    }
  }
}
