import Foundation
import LanguageModel
import Storage

extension CommonOptions {
  /// Which model `--model` names, without loading its weights.
  ///
  /// The digest of a file that has not changed since it was last computed is read from the user's
  /// cache, so that the first screen does not wait for it.
  func loadModelIdentity() throws -> BaseModel {
    try requireModelFile()
    _ = try GGUFFile(path: modelPath)
    let url = URL(fileURLWithPath: modelPath)
    let digest: String
    if let known = DigestCache.lookUp(url) {
      digest = known
    } else {
      digest = try sha256(ofFile: modelPath)
      DigestCache.remember(digest, of: url)
    }
    return BaseModel(sha256: digest, name: url.lastPathComponent)
  }
}

/// Digests of model files by path, size and time of change.
enum DigestCache {
  private static var file: URL {
    let environment = ProcessInfo.processInfo.environment
    let cache =
      environment["XDG_CACHE_HOME"].map { URL(fileURLWithPath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache")
    return cache.appendingPathComponent("apprentice/digests.json")
  }

  static func lookUp(_ model: URL) -> String? {
    key(model).flatMap { read()[$0] }
  }

  /// Keeps a digest; without a cache folder it is computed again the next time.
  static func remember(_ digest: String, of model: URL) {
    guard let key = key(model) else { return }
    var digests = read()
    digests = digests.filter { !$0.key.hasPrefix(model.path + "|") }
    digests[key] = digest
    try? FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? JSONEncoder().encode(digests).write(to: file, options: .atomic)
  }

  private static func read() -> [String: String] {
    (try? Data(contentsOf: file)).flatMap {
      try? JSONDecoder().decode([String: String].self, from: $0)
    } ?? [:]
  }

  private static func key(_ model: URL) -> String? {
    var status = stat()
    guard stat(model.path, &status) == 0 else { return nil }
    let time = status.st_mtim
    return "\(model.path)|\(status.st_size)|\(time.tv_sec).\(time.tv_nsec)"
  }
}
