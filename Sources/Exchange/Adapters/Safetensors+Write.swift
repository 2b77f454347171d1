import Foundation

extension Safetensors {
  /// A tensor to be written: its name, its shape and its values, row after row.
  public typealias NewTensor = (name: String, shape: [Int], values: [Float])

  /// Writes a file with float32 tensors, which is there whole or not at all.
  ///
  /// - Parameter metadata: what PEFT expects by default.
  public static func write(
    _ tensors: [NewTensor], metadata: [String: String] = ["format": "pt"], to file: URL
  ) throws(ExchangeError) {
    try FileBytes.write(encode(tensors, metadata: metadata), to: file.path)
  }

  /// A file's bytes, the tensors in the order of their names.
  static func encode(_ tensors: [NewTensor], metadata: [String: String]) -> Data {
    let tensors = tensors.sorted { $0.name < $1.name }
    var entries = ["\"__metadata__\":\(json(metadata))"]
    var offset = 0
    for tensor in tensors {
      precondition(
        tensor.shape.reduce(1, *) == tensor.values.count, "the shape is not that of the values")
      let end = offset + tensor.values.count * 4
      entries.append(
        """
        \(json(tensor.name)):{"dtype":"F32","shape":\(json(tensor.shape)),\
        "data_offsets":[\(offset),\(end)]}
        """)
      offset = end
    }
    var header = Data("{\(entries.joined(separator: ","))}".utf8)
    // The data begins on a multiple of eight, so that a reader may use it where it lies.
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var bytes = Data(capacity: 8 + header.count + offset)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(header)
    for tensor in tensors {
      tensor.values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  private static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and whole numbers always encode.
    return String(decoding: try! encoder.encode(value), as: UTF8.self)
  }
}
