/// A model file in GGUF version 2 or 3, memory-mapped.
///
/// Opening reads the header only; every length, offset, alignment and count in it has been checked
/// against the file before anything is allocated, so a damaged or foreign file gives one sentence.
public final class GGUFFile: @unchecked Sendable {
  public let path: String
  /// The tensors by name.
  public let tensors: [String: GGUFTensor]

  /// What keeps the mapped bytes in memory.
  private let file: MappedFile?
  private let metadata: [String: GGUFValue]

  /// Opens and checks a file.
  ///
  /// - Throws: ``LanguageModelError`` when it cannot be read, is not GGUF, or is damaged.
  public convenience init(path: String) throws(LanguageModelError) {
    let file = try MappedFile(path: path)
    try self.init(path: path, bytes: file.bytes, file: file)
  }

  /// Checks the bytes of a file, which the caller keeps in memory for as long as the object is used.
  package convenience init(
    path: String, bytes: UnsafeRawBufferPointer
  ) throws(LanguageModelError) {
    try self.init(path: path, bytes: bytes, file: nil)
  }

  private init(
    path: String, bytes: UnsafeRawBufferPointer, file: MappedFile?
  ) throws(LanguageModelError) {
    self.path = path
    self.file = file
    var reader = GGUFReader(path: path, bytes: bytes)
    try GGUFFile.checkPreamble(&reader)

    let tensorCount = try reader.number(UInt64.self, for: "its header")
    let entryCount = try reader.number(UInt64.self, for: "its header")
    // An entry is at least a length, a type and one byte; a tensor a length, a rank, a dimension, a
    // format and an offset.
    guard entryCount <= UInt64(reader.remaining / 13),
      tensorCount <= UInt64(reader.remaining / 32)
    else {
      throw LanguageModelError(
        "\(path): claims \(entryCount) metadata entries and \(tensorCount) tensors, more than the "
          + "file holds; it is truncated or damaged, fetch it again"
      )
    }

    var metadata: [String: GGUFValue] = [:]
    for _ in 0..<entryCount {
      let key = try reader.string(for: "its metadata")
      let value = try GGUFValue(from: &reader, key: key)
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw LanguageModelError(
          "\(path): has the metadata key '\(key)' twice; the file is damaged, fetch it again")
      }
    }
    self.metadata = metadata
    tensors = try GGUFFile.readTensors(
      Int(tensorCount), alignment: metadata["general.alignment"], from: &reader)
  }

  private static func checkPreamble(_ reader: inout GGUFReader) throws(LanguageModelError) {
    let path = reader.path
    guard reader.remaining >= 4, reader.bytes.prefix(4).elementsEqual("GGUF".utf8) else {
      throw LanguageModelError(
        "\(path): is not a GGUF model file (it does not begin with 'GGUF'); name a .gguf file")
    }
    _ = try reader.take(4, for: "its header")
    let version = try reader.number(UInt32.self, for: "its header")
    guard version == 2 || version == 3 else {
      if version.byteSwapped == 2 || version.byteSwapped == 3 {
        throw LanguageModelError(
          "\(path): is a big-endian GGUF file, which is not supported; fetch the ordinary one")
      }
      throw LanguageModelError(
        "\(path): has GGUF version \(version); supported are versions 2 and 3")
    }
  }

  private static func readTensors(
    _ count: Int, alignment: GGUFValue?, from reader: inout GGUFReader
  ) throws(LanguageModelError) -> [String: GGUFTensor] {
    let path = reader.path
    var align = 32
    if let alignment {
      guard case .integer(let value) = alignment, value > 0, value & (value - 1) == 0,
        value <= 1 << 24
      else {
        throw LanguageModelError(
          "\(path): has a general.alignment that is no power of two; the file is damaged, fetch it "
            + "again"
        )
      }
      align = value
    }
    var descriptions: [(String, WeightFormat, [Int], UInt64, Int)] = []
    for _ in 0..<count {
      descriptions.append(try GGUFTensor.readDescription(from: &reader))
    }
    let start = (reader.offset + align - 1) / align * align
    let data = UnsafeRawBufferPointer(rebasing: reader.bytes.dropFirst(start))
    var tensors: [String: GGUFTensor] = [:]
    for (name, format, dimensions, offset, size) in descriptions {
      guard offset % UInt64(align) == 0 else {
        throw LanguageModelError(
          "\(path): tensor '\(name)' does not begin on a multiple of \(align) bytes; the file is "
            + "damaged, fetch it again"
        )
      }
      guard size <= data.count, offset <= UInt64(data.count - size) else {
        throw LanguageModelError(
          "\(path): ends before the data of tensor '\(name)'; the file is truncated, fetch it again"
        )
      }
      let bytes = UnsafeRawBufferPointer(rebasing: data[Int(offset)..<Int(offset) + size])
      let tensor = GGUFTensor(name: name, format: format, dimensions: dimensions, data: bytes)
      guard tensors.updateValue(tensor, forKey: name) == nil else {
        throw LanguageModelError(
          "\(path): has tensor '\(name)' twice; the file is damaged, fetch it again")
      }
    }
    return tensors
  }

  /// Whether the metadata has the key, of whatever type.
  public func contains(_ key: String) -> Bool {
    metadata[key] != nil
  }

  /// The string of that key; nil when there is none or it is no string. The same holds below.
  public func string(_ key: String) -> String? {
    guard case .string(let value)? = metadata[key] else { return nil }
    return value
  }

  public func integer(_ key: String) -> Int? {
    guard case .integer(let value)? = metadata[key] else { return nil }
    return value
  }

  /// A floating-point value, or an integer as one.
  public func float(_ key: String) -> Double? {
    switch metadata[key] {
    case .float(let value)?: value
    case .integer(let value)?: Double(value)
    default: nil
    }
  }

  public func bool(_ key: String) -> Bool? {
    guard case .bool(let value)? = metadata[key] else { return nil }
    return value
  }

  /// Lets the system take back the memory of what has been read, until it is read again.
  func releasePages() {
    file?.releasePages()
  }

  /// The bytes of every string of an array, mapped from the file; valid as long as it is open.
  public func byteStrings(_ key: String) -> [UnsafeRawBufferPointer]? {
    guard case .array(GGUFValue.Code.string, let count, let bytes)? = metadata[key] else {
      return nil
    }
    var reader = GGUFReader(path: path, bytes: bytes)
    var strings: [UnsafeRawBufferPointer] = []
    strings.reserveCapacity(count)
    for _ in 0..<count {
      guard let string = try? reader.stringBytes(for: key) else { return nil }
      strings.append(string)
    }
    return strings
  }

  public func strings(_ key: String) -> [String]? {
    byteStrings(key)?.map { String(decoding: $0, as: UTF8.self) }
  }

  /// An array of integers of any width.
  public func integers(_ key: String) -> [Int]? {
    guard case .array(let type, let count, let bytes)? = metadata[key] else { return nil }
    var reader = GGUFReader(path: path, bytes: bytes)
    var integers: [Int] = []
    integers.reserveCapacity(count)
    for _ in 0..<count {
      guard case .integer(let value)? = try? GGUFValue(scalar: type, from: &reader, key: key) else {
        return nil
      }
      integers.append(value)
    }
    return integers
  }
}
