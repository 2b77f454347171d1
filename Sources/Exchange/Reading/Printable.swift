/// Text from a file, made harmless for a terminal and for one line: what would control a terminal or
/// break the line is written as its code point, and what is beyond `limit` characters is cut.
public func printable(_ text: String, limit: Int = .max) -> String {
  var shown = ""
  for (index, character) in text.enumerated() {
    if index == limit { return shown + "…" }
    for scalar in character.unicodeScalars {
      if isControl(scalar) || isDirection(scalar) {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
  }
  return shown
}

/// Text of several lines, made harmless for a terminal: line breaks and tabs stay.
public func printableLines(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false)
        .map { printable(String($0)) }.joined(separator: "\t")
    }
    .joined(separator: "\n")
}

/// The first character of a text that has no place in a prompt: a control character other than a
/// line break or a tab.
func controlCharacter(in text: String) -> Unicode.Scalar? {
  text.unicodeScalars.first { isControl($0) && $0 != "\n" && $0 != "\t" }
}

/// C0, DEL and C1.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  scalar.properties.generalCategory == .control
}

/// The characters that turn the direction of the text after them, and so can hide what it says.
private func isDirection(_ scalar: Unicode.Scalar) -> Bool {
  (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
}
