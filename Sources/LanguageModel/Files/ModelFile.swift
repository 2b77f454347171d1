import Glibc

/// The base model that comes with the program: SmolLM2-135M-Instruct in Q4_1.
public enum ModelFile {
  public static let name = "SmolLM2-135M-Instruct.Q4_1.gguf"
  /// The digest of the file as it is published.
  public static let sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

  /// Where the model is looked for when no other is named: `$APPRENTICE_MODEL`, else the user's
  /// cache folder.
  public static func defaultPath() -> String {
    if let path = variable("APPRENTICE_MODEL") { return path }
    let cache = variable("XDG_CACHE_HOME") ?? (variable("HOME") ?? "/root") + "/.cache"
    return "\(cache)/apprentice/\(name)"
  }

  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}
