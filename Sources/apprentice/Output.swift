import Foundation

/// Data on standard output, everything else on standard error.
enum Output {
  private static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  /// One JSON object on a line.
  static func json(_ value: some Encodable) throws {
    do {
      line(String(decoding: try encoder.encode(value), as: UTF8.self))
    } catch is EncodingError {
      throw CommandError(
        "The result holds a number that is not finite; the model's file or the adapter is damaged, "
          + "use another.")
    }
  }

  /// One line of data, written out at once so that a reader on a pipe has it.
  static func line(_ text: String) {
    print(text)
    fflush(nil)
  }

  /// One line for a person.
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
