import Foundation
import Testing

/// A file of `Fixtures`; the scripts that made them stand in `Tests/reference`.
public func fixture(_ path: String) throws -> URL {
  let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
  return folder.appendingPathComponent(path)
}

/// What a JSON file of `Fixtures` holds.
public func fixture<Value: Decodable>(_ path: String, as type: Value.Type) throws -> Value {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try decoder.decode(type, from: Data(contentsOf: fixture(path)))
}
