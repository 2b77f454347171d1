import CCrypto
import Glibc

/// The SHA-256 digest of a file, in lower-case hexadecimal.
public func sha256(ofFile path: String) throws(LanguageModelError) -> String {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw LanguageModelError("\(path): cannot be opened (\(lastSystemError()))")
  }
  defer { close(descriptor) }
  let context = EVP_MD_CTX_new()
  defer { EVP_MD_CTX_free(context) }
  guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
    throw LanguageModelError("libcrypto cannot compute SHA-256 on this machine")
  }
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
  defer { buffer.deallocate() }
  while true {
    let count = read(descriptor, buffer.baseAddress, buffer.count)
    if count == 0 { break }
    guard count > 0 else {
      if errno == EINTR { continue }
      throw LanguageModelError("\(path): cannot be read (\(lastSystemError()))")
    }
    EVP_DigestUpdate(context, buffer.baseAddress, count)
  }
  var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
  var length: UInt32 = 0
  EVP_DigestFinal_ex(context, &digest, &length)
  return hexadecimal(digest.prefix(Int(length)))
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef")
  var text = ""
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return text
}
