import Glibc

/// The lines of a text file, one at a time.
///
/// Lines end with a line feed, with or without a carriage return before it; a byte-order mark at the
/// beginning is left out. A line that is not UTF-8 ends the reading with an error.
public final class TextLines {
  /// The file's name in error sentences.
  public let name: String
  private let stream: UnsafeMutablePointer<FILE>
  private let isOwned: Bool
  private var buffer: UnsafeMutablePointer<CChar>?
  private var capacity = 0
  private var number = 0

  /// - Throws: a sentence when the file cannot be opened.
  public init(path: String) throws(ExchangeError) {
    guard let stream = fopen(path, "re") else {
      throw ExchangeError("\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    name = path
    self.stream = stream
    isOwned = true
  }

  private init(standardInput stream: UnsafeMutablePointer<FILE>) {
    name = "standard input"
    self.stream = stream
    isOwned = false
  }

  /// The lines of standard input, each as soon as it is there.
  public static func standardInput() -> TextLines {
    TextLines(standardInput: fdopen(STDIN_FILENO, "r"))
  }

  deinit {
    free(buffer)
    if isOwned { fclose(stream) }
  }

  /// The next line; nil at the end of the file.
  public func next() throws(ExchangeError) -> Placed<String>? {
    errno = 0
    let count = getline(&buffer, &capacity, stream)
    guard count >= 0 else {
      guard ferror(stream) == 0 else {
        throw ExchangeError("\(name) cannot be read: \(String(cString: strerror(errno)))")
      }
      return nil
    }
    number += 1
    let place = Place(file: name, line: number)
    var bytes = UnsafeRawBufferPointer(start: buffer, count: count)[...]
    if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if bytes.last == UInt8(ascii: "\n") {
      bytes = bytes.dropLast()
      if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw place.error("is not UTF-8 text; save the file as UTF-8")
    }
    return Placed(text, at: place)
  }
}
