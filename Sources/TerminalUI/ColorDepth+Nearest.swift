extension ColorDepth {
  /// The terminal's palette entry nearest to a colour.
  func nearest(_ color: Color) -> Int {
    let index =
      switch color {
      case .indexed(let index): Int(index)
      }
    switch self {
    case .indexed256: return index
    case .eight: return Self.basic(index)
    case .monochrome: return -1
    }
  }

  /// One of the eight basic colours for an entry of the 256-colour palette.
  ///
  /// Entries are 16 named colours, a cube of 6 × 6 × 6 and 24 greys; red, green and blue are bits
  /// 0, 1 and 2 of a basic colour. Greys become white or black.
  private static func basic(_ index: Int) -> Int {
    switch index {
    case 0..<16: return index % 8
    case 16..<232:
      let cube = index - 16
      let parts = [cube / 36, cube / 6 % 6, cube % 6]
      let strongest = parts.max() ?? 0
      // A part counts if it is strong, and not much weaker than the strongest.
      return parts.enumerated().reduce(0) { sum, part in
        part.element >= 2 && part.element * 3 >= strongest * 2 ? sum | 1 << part.offset : sum
      }
    default: return index >= 240 ? 7 : 0
    }
  }
}
