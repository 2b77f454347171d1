/// A bar that fills as work is done; of characters that the plainest console has.
public enum ProgressBar {
  /// The bar for a share of 0 to 1; empty only at 0 and full only at 1.
  public static func text(_ share: Double, width: Int) -> String {
    guard width > 0 else { return "" }
    let share = share.isFinite ? min(max(0, share), 1) : 0
    var filled = Int(share * Double(width))
    if share > 0 { filled = max(filled, 1) }
    if share < 1 { filled = min(filled, width - 1) }
    filled = max(0, filled)
    return String(repeating: "▓", count: filled) + String(repeating: "░", count: width - filled)
  }
}
