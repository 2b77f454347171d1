import Foundation

/// A file in Hugging Face's safetensors format: named tensors, checked before use.
public struct Safetensors: Sendable {
  /// One tensor's place in the file.
  public struct Tensor: Sendable, Hashable {
    public var format: Format
    public var shape: [Int]
    /// Its bytes, counted from the end of the header.
    var range: Range<Int>

    public var count: Int { shape.reduce(1, *) }
  }

  /// The number formats that are read; float32 is what is written.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"

    var size: Int { self == .f32 ? 4 : 2 }
  }

  /// The name that errors give.
  public let name: String
  public let tensors: [String: Tensor]
  public let metadata: [String: String]
  private let data: Data

  public init(file: URL) throws(ExchangeError) {
    try self.init(data: try FileBytes.read(file.path), name: file.path)
  }

  /// Reads the header and checks that the tensors fill the rest of the file exactly.
  ///
  /// - Throws: ``ExchangeError`` when it is of another format, truncated or damaged.
  public init(data: Data, name: String) throws(ExchangeError) {
    self.name = name
    guard data.count >= 8 else {
      throw ExchangeError("\(name): is too short for a safetensors file; it is truncated")
    }
    let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(data.count - 8), length <= 100_000_000 else {
      throw ExchangeError(
        "\(name): is truncated, or no safetensors file: its header would take \(length) bytes")
    }
    let start = data.startIndex + 8
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: data[start..<start + Int(length)])
    } catch let error as HeaderError {
      throw ExchangeError("\(name): \(error.reason)")
    } catch {
      throw ExchangeError(
        "\(name): is no safetensors file, or damaged: its header is no valid JSON")
    }
    self.data = data[(start + Int(length))...]
    metadata = header.metadata
    tensors = header.tensors

    var end = 0
    let inFileOrder = tensors.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound)
        < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }
    for (tensorName, tensor) in inFileOrder {
      guard tensor.range.lowerBound == end, tensor.range.count == tensor.count * tensor.format.size
      else {
        throw ExchangeError(
          "\(name): tensor “\(printable(tensorName, limit: 100))” does not lie where its shape says; "
            + "the file is damaged"
        )
      }
      end = tensor.range.upperBound
    }
    guard end == self.data.count else {
      throw ExchangeError(
        "\(name): holds \(self.data.count) bytes of tensors where its header says \(end); it is "
          + "truncated or damaged"
      )
    }
  }

  /// Writes a tensor's values as float32; `out` has exactly its length.
  func read(_ tensor: Tensor, into out: UnsafeMutableBufferPointer<Float>) {
    precondition(out.count == tensor.count, "the tensor has another length")
    data.withUnsafeBytes { bytes in
      let source = UnsafeRawBufferPointer(rebasing: bytes[tensor.range])
      func half(_ index: Int) -> UInt16 {
        UInt16(littleEndian: source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
      }
      switch tensor.format {
      case .f32:
        UnsafeMutableRawBufferPointer(out).copyMemory(from: source)
      case .f16:
        for index in out.indices { out[index] = float(half: half(index)) }
      case .bf16:
        for index in out.indices { out[index] = Float(bitPattern: UInt32(half(index)) << 16) }
      }
    }
  }

  /// A tensor's values as float32, row after row.
  public func floats(_ tensorName: String) throws(ExchangeError) -> [Float] {
    guard let tensor = tensors[tensorName] else {
      throw ExchangeError("\(name): lacks the tensor “\(printable(tensorName, limit: 100))”")
    }
    return [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
      read(tensor, into: UnsafeMutableBufferPointer(rebasing: buffer[..<tensor.count]))
      count = tensor.count
    }
  }
}

/// The number that an IEEE half stands for; Swift's own half type is missing on some platforms.
private func float(half: UInt16) -> Float {
  let sign: Float = half & 0x8000 == 0 ? 1 : -1
  let exponent = Int(half >> 10 & 0x1F)
  let fraction = Float(half & 0x3FF)
  switch exponent {
  case 0: return sign * fraction * 0x1p-24
  case 31: return fraction == 0 ? sign * .infinity : .nan
  default:
    return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
  }
}

private struct HeaderError: Error {
  var reason: String
}

/// The JSON at the beginning of a file.
private struct Header: Decodable {
  var tensors: [String: Safetensors.Tensor] = [:]
  var metadata: [String: String] = [:]

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private struct Entry: Decodable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for key in container.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try container.decode([String: String].self, forKey: key)
        continue
      }
      let entry = try container.decode(Entry.self, forKey: key)
      let tensor = "tensor “\(printable(key.stringValue, limit: 100))”"
      guard let format = Safetensors.Format(rawValue: entry.dtype) else {
        let known = Safetensors.Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw HeaderError(
          reason:
            "\(tensor) is of type \(printable(entry.dtype, limit: 20)); supported are \(known)"
        )
      }
      var count = 4
      for dimension in entry.shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
        guard dimension >= 0, !overflow else {
          throw HeaderError(
            reason:
              "\(tensor) has an impossible shape; the file is damaged"
          )
        }
        count = product
      }
      let offsets = entry.offsets
      guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
        throw HeaderError(
          reason:
            "\(tensor) has impossible offsets; the file is damaged"
        )
      }
      tensors[key.stringValue] = Safetensors.Tensor(
        format: format, shape: entry.shape, range: offsets[0]..<offsets[1])
    }
  }
}
