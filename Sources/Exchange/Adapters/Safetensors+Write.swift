import Foundation

extension Safetensors {
  /// A tensor to be written.
  public struct NewTensor {
    public var name: String
    public var shape: [Int]
    public var values: [Float]

    public init(name: String, shape: [Int], values: [Float]) {
      precondition(shape.reduce(1, *) == values.count, "the shape is not that of the values")
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// A file's bytes with float32 tensors in the order of their names, as Hugging Face writes them.
  public static func encode(
    _ tensors: [NewTensor], metadata: [String: String] = ["format": "pt"]
  ) -> Data {
    let tensors = tensors.sorted { $0.name < $1.name }
    var entries = ["\"__metadata__\":\(json(metadata))"]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.values.count * 4
      entries.append(
        "\(json(tensor.name)):{\"dtype\":\"F32\",\"shape\":\(json(tensor.shape)),\"data_offsets\":[\(offset),\(end)]}"
      )
      offset = end
    }
    var header = Data("{\(entries.joined(separator: ","))}".utf8)
    // The data begins on a multiple of eight, so that a reader may use it where it lies.
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var file = Data(capacity: 8 + header.count + offset)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(header)
    for tensor in tensors {
      tensor.values.withUnsafeBytes { file.append(contentsOf: $0) }
    }
    return file
  }

  private static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and numbers always encode.
    return String(decoding: try! encoder.encode(value), as: UTF8.self)
  }
}
