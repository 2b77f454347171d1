import Foundation

/// The form of a text, as numbers that are easy to read off it: its length, and how it is laid out.
///
/// Judges of completions are known to go by these, apart from what is said (Li et al. 2024, style control
/// in Chatbot Arena: length, lists, headings, bold).
public enum TextForm {
  /// How many numbers ``values(of:)`` gives.
  public static let count = 11

  /// The numbers that say how a text is laid out and whether it is an answer at all, of any length: lists, and
  /// what repeats itself or is too short.
  public static let layout = [1, 2, 4, 5, 9, 10]

  /// How a text that is no answer, whatever was asked, differs from one that may be: more than half of its pairs of
  /// words repeat others, or there is hardly a word.
  public static let failings = [
    Failing(number: 9, difference: -0.55), Failing(number: 10, difference: 0.75),
  ]

  /// How one of the numbers of a text's form differs where it fails.
  public struct Failing: Sendable, Equatable {
    public let number: Int
    public let difference: Float

    public init(number: Int, difference: Float) {
      (self.number, self.difference) = (number, difference)
    }
  }

  /// The logarithm of the words, the shares of lines that are numbered, bulleted and headings, whether
  /// there is a numbered list and a bulleted one, the logarithms of the lines and of the paragraphs, the
  /// bold marks per word, the share of pairs of neighbouring words that are different, and how near it is to
  /// no words at all.
  public static func values(of text: String) -> [Float] {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
      .filter { !$0.isEmpty }
    let words = text.split(whereSeparator: \.isWhitespace)
    let numbered = lines.count(where: isNumbered)
    let bulleted = lines.count(where: isBulleted)
    let headings = lines.count(where: isHeading)
    let lineCount = Float(max(1, lines.count))
    let bold = text.components(separatedBy: "**").count - 1
    let paragraphs = text.components(separatedBy: "\n\n").count - 1
    return [
      log(1 + Float(words.count)), Float(numbered) / lineCount, Float(bulleted) / lineCount,
      Float(headings) / lineCount, numbered > 1 ? 1 : 0, bulleted > 1 ? 1 : 0,
      log(1 + Float(lines.count)), log(1 + Float(paragraphs)),
      Float(bold) / Float(max(1, words.count)), distinctPairs(text),
      exp(-Float(words.count) / fewWords),
    ]
  }

  /// Whether a text is no answer, by the numbers of its form: it repeats itself, or has hardly a word.
  public static func fails(_ values: some RandomAccessCollection<Float>) -> Bool {
    values[values.index(values.startIndex, offsetBy: 9)] < leastDistinct
      || values[values.index(values.startIndex, offsetBy: 10)] > exp(-fewestWords / fewWords)
  }

  private static let leastDistinct: Float = 0.6
  private static let fewestWords: Float = 6

  /// The words at which a text stops being a mere word or two.
  private static let fewWords: Float = 8

  /// Distinct-2 (Li et al. 2016): 1 when nothing repeats itself.
  private static func distinctPairs(_ text: String) -> Float {
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }
    guard words.count > 1 else { return 1 }
    let pairs = Set(zip(words, words.dropFirst()).map { "\($0) \($1)" })
    return Float(pairs.count) / Float(words.count - 1)
  }

  /// "1. " or "12) ".
  private static func isNumbered(_ line: Substring) -> Bool {
    let digits = line.prefix { $0.isASCII && $0.isNumber }
    let rest = line.dropFirst(digits.count)
    guard !digits.isEmpty, let mark = rest.first, mark == "." || mark == ")" else { return false }
    return rest.dropFirst().first?.isWhitespace == true
  }

  private static func isBulleted(_ line: Substring) -> Bool {
    guard let mark = line.first, "-*•".contains(mark) else { return false }
    return line.dropFirst().first?.isWhitespace == true
  }

  /// A Markdown heading, or a line that ends with a colon or is bold as a whole.
  private static func isHeading(_ line: Substring) -> Bool {
    let end = line.reversed().drop { $0.isWhitespace }
    return line.hasPrefix("#") || end.first == ":"
      || (line.hasPrefix("**") && end.starts(with: "**"))
  }
}
