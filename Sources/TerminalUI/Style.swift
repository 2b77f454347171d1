/// A colour of the terminal's 256-colour palette; terminals with fewer get the nearest they have.
public enum Color: Hashable, Sendable {
  case indexed(UInt8)

  public static let black = Color.indexed(0)
  public static let red = Color.indexed(1)
  public static let green = Color.indexed(2)
  public static let yellow = Color.indexed(3)
  public static let blue = Color.indexed(4)
  public static let magenta = Color.indexed(5)
  public static let cyan = Color.indexed(6)
  public static let white = Color.indexed(7)

  /// Palette entry of a grey, 0 (nearly black) to 23 (nearly white).
  public static func gray(_ level: Int) -> Color {
    .indexed(UInt8(232 + min(max(level, 0), 23)))
  }
}

/// How text looks besides its colours.
public struct Attributes: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  public static let bold = Attributes(rawValue: 1)
  public static let dim = Attributes(rawValue: 2)
  public static let italic = Attributes(rawValue: 4)
  public static let underline = Attributes(rawValue: 8)
  public static let reverse = Attributes(rawValue: 16)
}

/// Colours and attributes of a cell; `nil` is the terminal's own colour.
public struct Style: Hashable, Sendable {
  public var foreground: Color?
  public var background: Color?
  public var attributes: Attributes

  public init(
    foreground: Color? = nil, background: Color? = nil, attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  public static let plain = Style()
  public static let bold = Style(attributes: .bold)
  public static let dim = Style(attributes: .dim)
  public static let underline = Style(attributes: .underline)
  public static let reverse = Style(attributes: .reverse)

  /// The same style with these attributes too.
  public func adding(_ more: Attributes) -> Style {
    var style = self
    style.attributes.formUnion(more)
    return style
  }

  /// The same style with another foreground.
  public func foreground(_ color: Color?) -> Style {
    var style = self
    style.foreground = color
    return style
  }

  /// The same style with another background.
  public func background(_ color: Color?) -> Style {
    var style = self
    style.background = color
    return style
  }
}

/// How many colours the terminal shows.
public enum ColorDepth: Hashable, Sendable {
  case monochrome
  case eight
  case indexed256
}
