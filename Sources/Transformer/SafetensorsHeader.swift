/// Parses and checks the header of a safetensors file.
struct SafetensorsHeader {
  let path: String
  /// The whole file, at least 8 bytes.
  let file: UnsafeRawBufferPointer

  private func malformed(_ problem: String) -> CheckpointError {
    CheckpointError(
      .malformed, path: path, problem, hint: "copy or download the file again, or save it anew")
  }

  /// Tensors by place, and the metadata.
  func read() throws(CheckpointError) -> ([Safetensors.Tensor], [String: String]) {
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= Safetensors.maximumHeader else {
      throw malformed(
        "a header of \(length) bytes; at most \(Safetensors.maximumHeader) are allowed")
    }
    let start = 8 + Int(length)
    guard start <= file.count else {
      throw malformed("truncated: expected at least \(start) bytes, found \(file.count)")
    }
    let members: [CheckpointJSON.Member]
    do throws(CheckpointJSONError) {
      let header = UnsafeRawBufferPointer(rebasing: file[8..<start])
      guard let object = try CheckpointJSON(parsing: header).members else {
        throw CheckpointJSONError(problem: "not an object", offset: 0)
      }
      members = object
    } catch {
      throw malformed("its header is not JSON: \(error.problem) at byte \(8 + error.offset)")
    }
    var tensors: [Safetensors.Tensor] = []
    var metadata: [String: String] = [:]
    for member in members {
      if member.key == "__metadata__" {
        metadata = try readMetadata(member.value)
      } else {
        tensors.append(try tensor(member.key, member.value, from: start))
      }
    }
    tensors.sort {
      ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name)
        < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name)
    }
    var next = start
    for tensor in tensors {
      guard tensor.bytes.lowerBound == next else {
        throw malformed(
          "tensor \(tensor.name) begins at byte \(tensor.bytes.lowerBound), "
            + "where \(next) was expected (gap or overlap)")
      }
      next = tensor.bytes.upperBound
    }
    guard next <= file.count else {
      throw malformed("truncated: expected \(next) bytes, found \(file.count)")
    }
    guard next == file.count else {
      throw malformed("expected \(next) bytes, found \(file.count): not all belong to a tensor")
    }
    return (tensors, metadata)
  }

  private func readMetadata(_ value: CheckpointJSON) throws(CheckpointError) -> [String: String] {
    guard let members = value.members else { throw malformed("__metadata__ is not an object") }
    var metadata: [String: String] = [:]
    for member in members {
      guard let text = member.value.string else {
        throw malformed("__metadata__.\(member.key) is not a text")
      }
      metadata[member.key] = text
    }
    return metadata
  }

  private func tensor(
    _ name: String, _ value: CheckpointJSON, from start: Int
  ) throws(CheckpointError) -> Safetensors.Tensor {
    guard let typeName = value["dtype"]?.string, let dimensions = value["shape"]?.array,
      let offsets = value["data_offsets"]?.array, offsets.count == 2,
      let first = offsets[0].integer, let last = offsets[1].integer
    else { throw malformed("tensor \(name) lacks dtype, shape or data_offsets") }
    guard let type = Safetensors.ElementType(rawValue: typeName) else {
      throw CheckpointError(
        .unsupported, path: path, "tensor \(name) has dtype \(typeName)",
        hint: "supported: F32, BF16, F16; convert the weights to one of these")
    }
    var shape: [Int] = []
    var count = 1
    for dimension in dimensions {
      guard let size = dimension.integer, size >= 0 else {
        throw malformed("tensor \(name) has a shape that is not whole numbers from 0")
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, product <= Int.max >> 3 else {
        throw malformed("tensor \(name) has a shape too large for memory")
      }
      count = product
      shape.append(size)
    }
    guard first >= 0, last >= first, last <= Int.max - start else {
      throw malformed("tensor \(name) has data_offsets [\(first), \(last)]")
    }
    guard last - first == count * type.size else {
      throw malformed(
        "tensor \(name), \(typeName) \(shape), needs \(count * type.size) bytes, "
          + "but its data_offsets give \(last - first)")
    }
    return Safetensors.Tensor(
      name: name, type: type, shape: shape, count: count,
      bytes: start + first..<start + last)
  }
}
