import Foundation

extension PEFT {
  /// Copies an adapter's files, and nothing else that lies in its folder, into a new folder.
  public static func copy(from source: URL, to target: URL) throws(ExchangeError) {
    try FileBytes.makeFolder(target.path)
    for name in [configurationFile, weightsFile, headsFile] {
      let file = source.appendingPathComponent(name)
      if name == headsFile, !FileManager.default.fileExists(atPath: file.path) { continue }
      try FileBytes.write(
        FileBytes.read(file.path), to: target.appendingPathComponent(name).path)
    }
  }
}
