import Foundation

/// The files that come with the program, found from any working directory.
enum ShippedFiles {
  /// The folder with the shipped prompts: `$APPRENTICE_PROMPTS`, else `prompts` in a folder above the
  /// program's own (a build folder lies inside the project), else `share/apprentice/prompts` beside
  /// its `bin`.
  static let prompts: URL? = {
    let manager = FileManager.default
    func isFolder(_ url: URL) -> Bool {
      var isDirectory: ObjCBool = false
      return manager.fileExists(atPath: url.path, isDirectory: &isDirectory)
        && isDirectory.boolValue
    }
    if let path = ProcessInfo.processInfo.environment["APPRENTICE_PROMPTS"], !path.isEmpty {
      let url = URL(fileURLWithPath: path, isDirectory: true)
      return isFolder(url) ? url : nil
    }
    let program =
      (try? manager.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
    var folder = URL(fileURLWithPath: program).standardizedFileURL.deletingLastPathComponent()
    while folder.path != "/" {
      for place in ["prompts", "share/apprentice/prompts"] {
        let url = folder.appendingPathComponent(place, isDirectory: true)
        let guidelines = url.appendingPathComponent("GUIDELINES.md")
        if isFolder(url), manager.fileExists(atPath: guidelines.path) { return url }
      }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }()

  /// The JSONL files of the shipped prompts, by name.
  static func promptFiles() -> [URL] {
    guard let prompts else { return [] }
    let files =
      (try? FileManager.default.contentsOfDirectory(
        at: prompts, includingPropertiesForKeys: nil)) ?? []
    return files.filter { $0.pathExtension == "jsonl" }.sorted { $0.path < $1.path }
  }
}
